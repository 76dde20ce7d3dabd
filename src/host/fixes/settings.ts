import type { FixCommand } from '../check.ts';
import { problemOf, type FixInput, type FixRow } from './fix-unit.ts';

/** Values that keep a machine from starting, changed in utopia.config together: line numbers hold for one edit only. */
export const settingFixes: readonly FixRow[] = [
  { name: 'settings', ids: ['net.ports', 'mem.available'], plan: planSettings },
];

function planSettings(input: FixInput): ReturnType<FixRow['plan']> {
  const planned = ['net.ports', 'mem.available'].flatMap((id) => {
    const problem = problemOf(input, id);
    return (problem?.fix?.settings ?? []).flatMap((setting) => {
      const edit = input.editSetting(setting);
      return 'commands' in edit ? [{ id, problem: problem?.message ?? '', setting, ...edit }] : [];
    });
  });
  const [first] = planned;
  if (first === undefined) return undefined;
  // From the bottom up, so that a new line moves none that is still to be changed.
  const commands = planned.toSorted((a, b) => b.line - a.line).flatMap((each) => each.commands);
  const lines = planned.map(({ setting: { key, value } }) => `${key}=${value}`);
  return {
    ids: [first.id, ...planned.slice(1).map(({ id }) => id)],
    problem: [...new Set(planned.map(({ problem }) => problem))].join('; '),
    commands: withoutRepetition(commands),
    changes: `${first.place} has ${lines.join(' and ')}`,
    after: 'none',
  };
}

/** One copy of the file is kept: as it was before the first change. */
function withoutRepetition(commands: readonly FixCommand[]): FixCommand[] {
  const seen = new Set<string>();
  return commands.filter(({ argv }) => {
    const key = JSON.stringify(argv);
    return seen.has(key) ? false : seen.add(key);
  });
}
