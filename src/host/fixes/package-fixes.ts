import type { Tool } from '../needs.ts';
import { installFix } from '../install-packages.ts';
import { listWords } from '../works.ts';
import { problemOf, type FixInput, type FixRow } from './fix-unit.ts';

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
  { name: 'work-packages', ids: ['build.compiler'], plan: planWorkPackages },
];

/** All that work lacks, by one command. */
function planWorkPackages(input: FixInput): ReturnType<FixRow['plan']> {
  const findings = [...(input.facts.work?.findings ?? [])];
  const needed = findings.filter(([id]) => problemOf(input, id) !== undefined);
  const [first, ...rest] = needed.map(([id]) => id);
  if (first === undefined) return undefined;
  const tools = needed.flatMap(([, { missing }]) => missing.map(({ tool }) => tool));
  const fix = installFix(input.facts.machine.os, [...new Set(tools)]);
  if (fix.kind !== 'auto') return undefined;
  const names = needed.flatMap(([, { missing }]) => missing.map(({ name }) => name));
  return {
    ids: [first, ...rest],
    problem: `${listWords([...new Set(names)])} ${names.length > 1 ? 'are' : 'is'} missing`,
    commands: fix.commands,
    changes: 'they are there, for every user of this host',
    after: 'none',
  };
}

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
