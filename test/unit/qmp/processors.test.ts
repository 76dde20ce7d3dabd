import { expect, test } from 'vitest';
import { isHalted, judgeProcessors, type Look } from '../../../src/qmp/processor-states.ts';
import { parseRegisters, type Processor } from '../../../src/qmp/processors.ts';
import { registersOf } from '../../support/stand-in-qemu/processors.mjs';

const working: Processor = {
  halted: false,
  interruptible: true,
  inKernel: true,
  paging: true,
  stack: 'a',
};
const idle = { ...working, halted: true };
const stopped = { ...idle, interruptible: false };
const program = { ...working, inKernel: false };
/** As SeaBIOS leaves the second processor until Linux starts it. */
const unstarted = { ...stopped, paging: false };

/** As many looks, each having had this much processor time more than the one before. */
function looks(each: readonly Processor[], count: number, usedMs: number): Look[] {
  return Array.from({ length: count }, (_none, index) => ({
    processors: each,
    usedMs: each.map(() => index * usedMs),
  }));
}

/** Seen twice like this. */
function halted(...processors: readonly Processor[]): boolean {
  return isHalted([{ processors }, { processors }]);
}

function judge(each: readonly Look[]): string[] {
  return judgeProcessors(each, 300);
}

test('reads the registers of each processor', () => {
  expect(parseRegisters(registersOf('panicked'))).toEqual([
    { halted: true, interruptible: false, inKernel: true, paging: true, stack: '3ffff24000034' },
    { halted: false, interruptible: true, inKernel: true, paging: true, stack: '3ffff24000115' },
  ]);
  expect(parseRegisters(registersOf('busy'))[0]).toMatchObject({ inKernel: false, halted: false });
  // A processor in 32-bit code, before Linux.
  const early = `
CPU#0
EAX=00000000 EBX=00000000 ECX=00000000 EDX=00000663
ESI=00000000 EDI=00000000 EBP=00000000 ESP=00006d5c
EIP=0000fff0 EFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0
CR0=60000010 CR2=00000000 CR3=00000000 CR4=00000000
`;
  expect(parseRegisters(early)).toMatchObject([{ paging: false, halted: false, stack: '1' }]);
  expect(parseRegisters('unknown command: info')).toEqual([]);
});

test('a guest has halted where every processor stands for good, and one ran a system', () => {
  expect(halted(stopped, stopped)).toBe(true);
  expect(halted(stopped)).toBe(true);
  // A kernel with maxcpus=1.
  expect(halted(stopped, unstarted)).toBe(true);
  expect(halted(stopped, { ...unstarted, halted: false })).toBe(true);
  for (const alive of [working, idle, program]) expect(halted(stopped, alive)).toBe(false);
  // Firmware and boot loader.
  expect(halted(unstarted, unstarted)).toBe(false);
  expect(isHalted([{ processors: [stopped] }, { processors: [working] }])).toBe(false);
  expect(isHalted([])).toBe(false);
  expect(isHalted([{ processors: [] }])).toBe(false);
});

test('a processor is stuck that runs in one place of the kernel, and only then', () => {
  expect(judge(looks([working, stopped, idle], 8, 60))).toEqual(['stuck', 'stopped', 'working']);
  // Interrupts in between have another stack.
  const interrupted = looks([working], 8, 60).map((look, index) =>
    index === 3 ? { ...look, processors: [{ ...working, stack: 'irq' }] } : look,
  );
  expect(judge(interrupted)).toEqual(['stuck']);
  // A host that gives the guest no time: it looks the same every time.
  expect(judge(looks([working], 60, 1))).toEqual(['working']);
  // Too few looks.
  expect(judge(looks([working], 3, 300))).toEqual(['working']);
  for (const sign of [idle, program, { ...working, paging: false }]) {
    const once = looks([working], 8, 60).map((look, index) =>
      index === 5 ? { ...look, processors: [sign] } : look,
    );
    expect(judge(once)).toEqual(['working']);
  }
  // Two tasks by turns.
  const turns = looks([working], 8, 60).map((look, index) => ({
    ...look,
    processors: [{ ...working, stack: index % 2 === 0 ? 'a' : 'b' }],
  }));
  expect(judge(turns)).toEqual(['working']);
});
