import { expect, test } from 'vitest';
import {
  bootstrapStart,
  readBootstrapLine,
} from '../../../../src/image/debian/bootstrap-progress.ts';

const transcript = [
  'I: running apt-get update...',
  'Get:1 http://mirror.example/debian bookworm InRelease [151 kB]',
  'I: downloading packages with apt...',
  '0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.',
  'Get:1 http://mirror.example/debian bookworm/main amd64 gcc-12-base amd64 12.2.0 [37.5 kB]',
  'Get:2 http://mirror.example/debian bookworm/main amd64 libc6 amd64 2.36 [2756 kB]',
  'I: extracting archives...',
  'I: installing essential packages...',
  'Unpacking libc6:amd64 (2.36) ...',
  'I: installing remaining packages inside the chroot...',
  '0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.',
  'Get:1 http://mirror.example/debian bookworm/main amd64 nano amd64 7.2 [690 kB]',
  'Unpacking nano (7.2-1) ...',
  'Setting up nano (7.2-1) ...',
  'I: running --customize-hook in shell: chroot …',
  'I: cleaning package lists and apt cache...',
];

test('progress only grows, and names what is under way', () => {
  let progress = bootstrapStart;
  const seen = transcript.map((line) => (progress = readBootstrapLine(progress, line)));
  const fractions = seen.map((each) => each.fraction);
  expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
  expect(seen[12]?.detail).toBe('nano');
  expect(seen.at(-1)?.fraction).toBeGreaterThan(0.95);
  expect(seen.at(-1)?.fraction).toBeLessThan(1);
});

test('more lines than announced do not overrun the phase', () => {
  let progress = bootstrapStart;
  for (const line of transcript.slice(0, 6)) progress = readBootstrapLine(progress, line);
  const end = progress.fraction;
  const over = readBootstrapLine(progress, 'Get:3 http://mirror.example/x y z [1 kB]');
  expect(over.fraction).toBe(end);
});

test('a line of no meaning changes nothing', () => {
  expect(readBootstrapLine(bootstrapStart, 'W: something')).toBe(bootstrapStart);
});
