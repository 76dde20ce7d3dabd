import { expect, test } from 'vitest';
import { planMachine } from '../../../src/machine/plan.ts';
import { stateSource } from '../../../src/machine/start.ts';
import { samplePlanInput } from './sample-plan.ts';

// QEMU 9.1 calls fd: for a file deprecated, 11.0 refuses it; file: came with 8.2.
test.each([
  ['5.2.0', 'fd:3'],
  ['7.2.22', 'fd:3'],
  ['8.2.2', 'fd:3'],
  ['9.0.2', 'fd:3'],
  ['9.1.0', 'file:/dev/fdset/3'],
  ['10.0.13', 'file:/dev/fdset/3'],
  ['11.1.3', 'file:/dev/fdset/3'],
])('QEMU %s reads a saved state by %s', (version, uri) => {
  const source = stateSource(planMachine(samplePlanInput({ version })));
  expect(source.uri).toBe(uri);
  expect(source.words.slice(0, 2)).toEqual(['-incoming', 'defer']);
  // -add-fd closes the descriptor that it is given: fd: would find none.
  expect(source.words.slice(2)).toEqual(uri === 'fd:3' ? [] : ['-add-fd', 'fd=3,set=3']);
});
