import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeManifest, type VmStateManifest } from '../../../src/vmstate/manifest.ts';
import {
  findUnreadableRecord,
  forgetSuspended,
  readSuspended,
  suspendedFiles,
} from '../../../src/vmstate/suspended.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const manifest: VmStateManifest = {
  schema: 1,
  savedAt: '2026-11-23T12:00:00.000Z',
  stateFile: 'private.qcow2.vmstate',
  stateBytes: 5,
  qemuVersion: '7.2.22',
  machineType: 'pc-i440fx-7.2',
  accelerator: 'tcg',
  cpuModel: 'default',
  cpus: 2,
  memoryMiB: 1024,
  hardware: [],
  argv: [],
  disks: [],
  mounts: [],
};

test('a state counts from its manifest on, and goes whole', async () => {
  using folder = temporaryFolder();
  const overlay = join(folder.path, 'private.qcow2');
  const files = suspendedFiles(overlay);
  writeFileSync(files.state, 'state');
  expect(await readSuspended(overlay)).toBeUndefined();
  await writeManifest(files.manifest, manifest);
  expect(await readSuspended(overlay)).toEqual({ manifest, stateFile: files.state });

  await forgetSuspended(overlay);
  expect(await readSuspended(overlay)).toBeUndefined();
  expect(existsSync(files.state)).toBe(false);
  // Fine where there is none.
  await forgetSuspended(overlay);
});

test('what a killed suspend has left goes, what one that is at work writes stays', async () => {
  using folder = temporaryFolder();
  const overlay = join(folder.path, 'private.qcow2');
  // No process has a number that long (proc_sys_kernel(5), pid_max).
  const left = ['.private.qcow2.vmstate.99999999-0123abcd.draft'];
  left.push('.private.qcow2.vmstate.json.99999999-0123abcd.draft');
  const atWork = `.private.qcow2.vmstate.${process.pid}-0123abcd.draft`;
  for (const name of [...left, atWork]) writeFileSync(join(folder.path, name), 'half');
  await forgetSuspended(overlay);
  expect(readdirSync(folder.path)).toEqual([atWork]);
});

test('a manifest of another version, or cut short, is none', async () => {
  using folder = temporaryFolder();
  const overlay = join(folder.path, 'private.qcow2');
  const file = suspendedFiles(overlay).manifest;
  writeFileSync(file, JSON.stringify({ ...manifest, schema: 2 }));
  expect(await readSuspended(overlay)).toBeUndefined();
  writeFileSync(file, JSON.stringify(manifest).slice(0, 100));
  expect(await readSuspended(overlay)).toBeUndefined();
});

test('a record that cannot be read is told from none, and from one that can', async () => {
  using folder = temporaryFolder();
  const overlay = join(folder.path, 'private.qcow2');
  const file = suspendedFiles(overlay).manifest;
  expect(await findUnreadableRecord(overlay)).toBeUndefined();
  for (const text of ['', 'null', '{{', JSON.stringify({ ...manifest, schema: 2 })]) {
    writeFileSync(file, text);
    expect(await findUnreadableRecord(overlay)).toBe(file);
  }
  writeFileSync(file, JSON.stringify(manifest));
  expect(await findUnreadableRecord(overlay)).toBeUndefined();
});
