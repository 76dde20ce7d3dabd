import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../../src/config/load-config.ts';
import { keptConfig } from '../../../../src/lifecycle/throwaway/kept-config.ts';
import { requireConfig } from '../../../../src/config/config-report.ts';
import type { Config } from '../../../../src/config/machine-config.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

async function load(folder: string, lines: string): Promise<Config> {
  mkdirSync(folder);
  writeFileSync(join(folder, 'utopia.config'), lines);
  const report = await loadConfig({ cwd: folder, file: undefined, env: {}, home: '/home/me' });
  expect(report.warnings).toEqual([]);
  return requireConfig(report);
}

test('a kept machine has the hardware of its origin, and nothing that both would fight for', async () => {
  using temporary = temporaryFolder();
  const origin = await load(
    join(temporary.path, 'εργαστήριο 1'),
    `UTOPIA_NAME=ask1
UTOPIA_MEMORY_MB=2G
UTOPIA_CPUS=3
UTOPIA_ACCEL=tcg
UTOPIA_FORWARDS=8080:80
UTOPIA_SSH_INTERFACE=0.0.0.0
UTOPIA_DISKS='"my disk.img":rw:a ./b.img:ro'
UTOPIA_SENSORS=replay:./frames
UTOPIA_EXTRA_ARGS="-device virtio-rng-pci -append 'a b'"
`,
  );
  const text = keptConfig(origin, '/images/it’s, one.raw', ['sh', '-c', 'make\ninsmod']);
  expect(text).toContain("\n# sh -c 'make insmod'\n");
  const kept = await load(join(temporary.path, 'kept'), text);
  const { memoryMiB, cpus, accelerator, sharedDir, extraArgs, sensors } = origin;
  expect(kept).toMatchObject({ memoryMiB, cpus, accelerator, sharedDir, extraArgs, sensors });
  expect(kept.disks).toEqual(
    origin.disks.map((disk) => (disk.mode === 'rw' ? { ...disk, mode: 'snapshot' } : disk)),
  );
  expect(kept).toMatchObject({
    name: 'kept',
    backingFile: '/images/it’s, one.raw',
    privateFile: join(temporary.path, 'kept/private.qcow2'),
    sshPort: 'auto',
    sshInterface: '127.0.0.1',
    vnc: { kind: 'auto' },
    forwards: [],
  });
});

test('a path that would be more than a line of it is refused', async () => {
  using temporary = temporaryFolder();
  const origin = await load(join(temporary.path, 'a'), 'UTOPIA_NAME=ask1\n');
  expect(() => keptConfig(origin, '/images/a\nUTOPIA_EXTRA_ARGS=x', ['true'])).toThrow(
    'has a control character (U+000A)',
  );
  expect(keptConfig(origin, '/a.raw', ['a\u0085b', '\u001B[8m'])).toContain("\n# 'a b' ' [8m'\n");
});
