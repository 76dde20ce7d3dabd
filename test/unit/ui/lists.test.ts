import { expect, test } from 'vitest';
import type { KernelBuild } from '../../../src/kernel/build-store.ts';
import { deviceList } from '../../../src/ui/device-list.ts';
import { forwardTable } from '../../../src/ui/forward-table.ts';
import { buildCells, listGuestKernelLines } from '../../../src/ui/kernels.ts';
import { describeWarmBase, imageCells } from '../../../src/ui/images.ts';
import type { WarmBase } from '../../../src/image/warm-base.ts';
import { keptCrashParts } from '../../../src/ui/kept-crash-parts.ts';
import { openTerminal } from '../../../src/ui/terminal.ts';

test('an open port says how long it stays', () => {
  const port = { protocol: 'tcp', host: '127.0.0.1', hostPort: 8080, guestPort: 80 } as const;
  expect(
    forwardTable(
      [
        { ...port, guestPort: 22, kept: false },
        { ...port, kept: true },
        { ...port, kept: false },
      ],
      Infinity,
    ),
  ).toEqual([
    'HOST            GUEST  KIND  KEPT',
    '127.0.0.1:8080  22     tcp   SSH',
    '127.0.0.1:8080  80     tcp   UTOPIA_FORWARDS',
    '127.0.0.1:8080  80     tcp   until the machine is off',
  ]);
});

test('a device that QEMU lacks says how it gets it, and shows no arguments', () => {
  const device = {
    name: 'edu',
    part: 'exercise',
    purpose: 'a toy',
    args: ['-device', 'edu'],
  } as const;
  const terminal = openTerminal(process, { NO_COLOR: '1', LC_ALL: 'C' });
  const shown = deviceList(
    [
      { ...device, present: true },
      { ...device, built: 'configure', present: false },
    ],
    { ...terminal, columns: 80 },
  );
  expect(shown.slice(4)).toEqual([
    `  ok ${'edu'.padEnd(20)} a toy`,
    '       -device edu',
    `  ! ${'edu'.padEnd(20)} a toy`,
    '       not built in: configure',
  ]);
});

test('a build shows what tells it apart, and nothing twice', () => {
  const build = {
    ...{ name: 'lab', version: 'lab', fragments: [], bytes: 4096, commit: null },
    builtAt: '2026-11-30T12:00:00Z',
  } as unknown as KernelBuild;
  const now = new Date('2026-11-30T12:00:00Z');
  expect(buildCells(build, now).at(-1)).toBe('');
  const other = { ...build, version: '6.12', fragments: ['kasan'], commit: 'c'.repeat(40) };
  expect(buildCells(other, now).at(-1)).toBe(`6.12, with kasan, ${'c'.repeat(12)}`);
});

test('kernels of a guest are told with what each of them is', () => {
  const kernel = { version: '6.1', isDefault: true, isRunning: false, packaged: true };
  const all = { kernels: [kernel], default: '6.1', previous: '6.1', running: '6.12' };
  expect(listGuestKernelLines(all)).toEqual([
    '6.1  default, previous default, of a package',
    'It runs 6.12, which is not in its /boot.',
  ]);
  expect(listGuestKernelLines({ ...all, kernels: [], default: undefined })).toHaveLength(2);
});

test('an image that was not built here, and a warm base', () => {
  const image = { name: 'a.raw', allocatedBytes: 0, bytes: 0, record: undefined };
  expect(imageCells(image as unknown as Parameters<typeof imageCells>[0])[2]).toBe(
    'not built here',
  );
  const manifest = { memoryMiB: 512, cpus: 2, accelerator: 'kvm', madeAt: '2026-11-30T12:00:00Z' };
  expect(describeWarmBase({ bytes: 0, manifest } as unknown as WarmBase)).toContain(
    '(512 MiB, 2 CPUs, KVM, of 2026-11-30)',
  );
});

test('a kept crash without a dump and a snapshot offers neither', () => {
  const crash = { number: 3, at: '2026-11-30T12:00:00Z', bytes: 0, missing: ['No dump: full'] };
  const kept = crash as unknown as Parameters<typeof keptCrashParts>[0];
  const place = { columns: 80, cwd: '/lab', home: '/home/me' };
  expect(keptCrashParts(kept, undefined, place)).toHaveLength(2);
  const whole = keptCrashParts({ ...kept, dump: '/lab/m.elf' }, 'crash-3', place).join('\n');
  for (const text of ['m.elf', 'crash open 3', '--from crash-3', 'restore crash-3'])
    expect(whole).toContain(text);
});
