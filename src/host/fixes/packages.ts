import { installFix, type Tool } from '../packages.ts';
import { problemOf, type FixInput, type FixRow } from './types.ts';

/** Causes that a package mends, and which. */
const cures: readonly {
  readonly cause: string;
  readonly id: string;
  readonly tools: readonly Tool[];
}[] = [
  { id: 'qemu.binary', cause: 'qemu-missing', tools: ['qemu', 'qemu-img'] },
  { id: 'qemu.binary', cause: 'wrong-arch', tools: ['qemu', 'qemu-img'] },
  { id: 'qemu.binary', cause: 'qemu-img-missing', tools: ['qemu-img'] },
  { id: 'tools.guest', cause: 'ssh-missing', tools: ['ssh'] },
];

/** Everything that a package brings is installed by one command, as far as the distribution is known. */
export const packageFixes: readonly FixRow[] = [
  { name: 'packages', ids: ['qemu.binary', 'tools.guest'], plan: planPackages },
];

function planPackages(input: FixInput): ReturnType<FixRow['plan']> {
  const needed = cures.filter(({ id, cause }) => problemOf(input, id)?.cause === cause);
  const [first] = needed;
  if (first === undefined) return undefined;
  const fix = installFix(input.facts.machine.os, [
    ...new Set(needed.flatMap(({ tools }) => tools)),
  ]);
  if (fix.kind !== 'auto') return undefined;
  return {
    ids: [first.id, ...needed.slice(1).map(({ id }) => id)],
    problem: needed.map(({ id }) => problemOf(input, id)?.message ?? '').join('; '),
    commands: fix.commands,
    changes: 'the programs are there, for every user of this host',
    after: 'none',
  };
}
