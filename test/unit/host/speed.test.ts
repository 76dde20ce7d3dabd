import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { openSpeed } from '../../../src/host/source/speed.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const { signal } = new AbortController();
/** A look has the test's own time: a busy host starts a process late. */
const patient = { timeout: 50_000 };

/** A QEMU that notes that it was started and goes on as `script` says. */
function standIn(folder: string, script: string): string {
  const path = join(folder, 'qemu');
  writeFileSync(path, `#!/bin/sh\necho $$ >> ${folder}/pids\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

function pids(folder: string): string[] {
  const file = join(folder, 'pids');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

test('what was begun early is what the question gets', async () => {
  using folder = temporaryFolder();
  const binary = standIn(folder.path, 'exit 1');
  const speed = openSpeed({ XDG_CACHE_HOME: folder.path }, signal);
  speed.start(binary);
  await vi.waitFor(() => expect(pids(folder.path)).toHaveLength(1), patient);
  expect(await speed.ask(binary)).toBeUndefined();
  expect(pids(folder.path)).toHaveLength(1);
});

test('what nobody wants any more is ended, and can be asked anew', async () => {
  using folder = temporaryFolder();
  const binary = standIn(folder.path, `[ -e ${folder.path}/again ] && exit 1; exec sleep 300`);
  const speed = openSpeed({ XDG_CACHE_HOME: folder.path }, signal);
  speed.start(binary);
  await vi.waitFor(() => expect(pids(folder.path)).toHaveLength(1), patient);
  speed.stop();
  await vi.waitFor(
    () => expect(existsSync(`/proc/${pids(folder.path)[0]}/exe`)).toBe(false),
    patient,
  );
  writeFileSync(join(folder.path, 'again'), '');
  expect(await speed.ask(binary)).toBeUndefined();
  expect(pids(folder.path)).toHaveLength(2);
});
