import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parseVersion } from '../../../src/host/qemu-features.ts';
import { planMachine } from '../../../src/machine/plan.ts';
import { stateSource } from '../../../src/machine/start.ts';
import { connectQmp, type QmpClient } from '../../../src/qmp/client.ts';
import { queryStatus } from '../../../src/qmp/queries.ts';
import { queryMachineType } from '../../../src/vmstate/migration.ts';
import { restoreState } from '../../../src/vmstate/restore.ts';
import { saveState } from '../../../src/vmstate/save.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { samplePlanInput } from '../machine/sample-plan.ts';

// A real QEMU in whose machine only the firmware runs: no disk, 32 MB.
needsOfHost('qemu');

/** How the host's QEMU is told of a state file. */
function hostsWay(): ReturnType<typeof stateSource> {
  const version = parseVersion(
    execFileSync('qemu-system-x86_64', ['--version'], { encoding: 'utf8' }),
  );
  return stateSource(planMachine(samplePlanInput({ version: version ?? '' })));
}

interface TinyMachine extends AsyncDisposable {
  readonly qmp: QmpClient;
  readonly child: ChildProcess;
  readonly uri: string | undefined;
}

async function startTiny(
  folder: string,
  stateFile?: string,
  memory?: string,
): Promise<TinyMachine> {
  const socket = join(folder, `${stateFile === undefined ? 'first' : 'second'}.sock`);
  const state = stateFile === undefined ? undefined : openSync(stateFile, 'r');
  const source = state === undefined ? undefined : hostsWay();
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-display', 'none', '-accel', 'tcg', '-m', '32M'],
      ...(memory === undefined
        ? ['-machine', 'pc']
        : ['-machine', 'pc,memory-backend=pc.ram', '-object', `${memory},id=pc.ram,size=32M`]),
      ...['-qmp', `unix:${socket},server=on,wait=off`],
      // With all of it, as utopia starts machines: exec: would end QEMU here.
      ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
      ...(source?.words ?? []),
    ],
    { stdio: ['ignore', 'ignore', 'ignore', ...(state === undefined ? [] : [state])] },
  );
  if (state !== undefined) closeSync(state);
  let qmp: QmpClient | undefined;
  while (qmp === undefined && child.exitCode === null) {
    qmp = await connectQmp(socket).catch(() => undefined);
    await sleep(10);
  }
  if (qmp === undefined) throw new Error('QEMU has ended');
  return {
    qmp,
    child,
    uri: source?.uri,
    [Symbol.asyncDispose]: async () => {
      qmp.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Something that only memory holds: the firmware's data area. */
async function readMemory(qmp: QmpClient): Promise<string> {
  return await qmp.execute('human-monitor-command', { 'command-line': 'xp /64xb 0x400' });
}

test('a machine goes on where it was saved, in another QEMU', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'vmstate');
  const socketPath = join(folder.path, 'save.sock');
  await using first = await startTiny(folder.path);
  await sleep(300);
  let heard = 0;
  const saved = await saveState(first.qmp, {
    file,
    socketPath,
    onProgress: (bytes) => (heard = bytes),
  });
  expect(saved.bytes).toBe(statSync(file).size);
  expect(heard).toBe(saved.bytes);
  expect((await queryStatus(first.qmp)).running).toBe(false);
  const memory = await readMemory(first.qmp);
  expect(await queryMachineType(first.qmp)).toMatch(/^pc-i440fx-\d+\.\d+$/);

  await using second = await startTiny(folder.path, file);
  await restoreState(second.qmp, { uri: second.uri, stayStopped: true });
  expect(await readMemory(second.qmp)).toBe(memory);
  expect(memory).toMatch(/0x[1-9a-f]/);
  await second.qmp.execute('cont');
  expect((await queryStatus(second.qmp)).running).toBe(true);

  // The one that was saved can go on, too.
  await first.qmp.execute('cont');
  expect((await queryStatus(first.qmp)).running).toBe(true);
  expect(readdirSync(folder.path).filter((name) => name.endsWith('.draft'))).toEqual([]);
});

test('memory that lies apart is mapped, goes on as it was, and is never written to', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'devices');
  const memoryFile = join(folder.path, 'memory');
  await using first = await startTiny(folder.path, undefined, 'memory-backend-memfd,share=on');
  await sleep(300);
  const socketPath = join(folder.path, 'save.sock');
  const { bytes } = await saveState(first.qmp, { file, socketPath, memoryApart: true });
  expect(bytes).toBeLessThan(4 * 1024 ** 2);
  const descriptors = `/proc/${first.child.pid}/fd`;
  const memfd = readdirSync(descriptors).find((name) =>
    readlinkSync(join(descriptors, name)).startsWith('/memfd:memory-backend'),
  );
  copyFileSync(join(descriptors, memfd ?? ''), memoryFile);
  const kept = readFileSync(memoryFile);
  const memory = await readMemory(first.qmp);
  expect(memory).toMatch(/0x[1-9a-f]/);

  const mapped = `memory-backend-file,share=off,mem-path=${memoryFile}`;
  await using second = await startTiny(folder.path, file, mapped);
  await restoreState(second.qmp, { uri: second.uri, stayStopped: true, memoryApart: true });
  expect(await readMemory(second.qmp)).toBe(memory);
  await second.qmp.execute('cont');
  await second.qmp.execute('system_reset');
  await sleep(300);
  expect(readFileSync(memoryFile).equals(kept)).toBe(true);

  // Saved again, as any machine: its memory is in the state, for a QEMU of the ordinary kind.
  const whole = join(folder.path, 'whole');
  await saveState(second.qmp, { file: whole, socketPath });
  const later = await readMemory(second.qmp);
  await second[Symbol.asyncDispose]();
  await using third = await startTiny(folder.path, whole);
  await restoreState(third.qmp, { uri: third.uri, stayStopped: true });
  expect(await readMemory(third.qmp)).toBe(later);
});

test('a folder that takes no file: nothing is left, and the machine can go on', async () => {
  using folder = temporaryFolder();
  await using machine = await startTiny(folder.path);
  const missing = join(folder.path, 'no-such-folder/vmstate');
  const socketPath = join(folder.path, 'save.sock');
  // At once again: QEMU winds a migration up after it has answered.
  for (let round = 0; round < 10; round += 1) {
    await expect(saveState(machine.qmp, { file: missing, socketPath })).rejects.toMatchObject({
      code: 'cannot-create',
    });
  }
  await machine.qmp.execute('cont');
  expect((await queryStatus(machine.qmp)).running).toBe(true);
  expect(existsSync(socketPath)).toBe(false);
  // And it can be saved afterwards.
  const file = join(folder.path, 'vmstate');
  await saveState(machine.qmp, { file, socketPath });
  expect(statSync(file).size).toBeGreaterThan(10_000);
});

test('a state that is cut off is refused in QEMU’s words', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'vmstate');
  await using first = await startTiny(folder.path);
  await saveState(first.qmp, { file, socketPath: join(folder.path, 'save.sock') });
  truncateSync(file, 5_000);
  await using second = await startTiny(folder.path, file);
  await expect(restoreState(second.qmp, second)).rejects.toMatchObject({ code: 'qemu-failed' });
});

test('an abort ends the saving', async () => {
  using folder = temporaryFolder();
  const made = join(folder.path, 'made');
  mkdirSync(made);
  await using machine = await startTiny(folder.path);
  const end = new AbortController();
  const saving = saveState(machine.qmp, {
    file: join(made, 'vmstate'),
    socketPath: join(folder.path, 'save.sock'),
    signal: end.signal,
    onProgress: () => end.abort(),
  });
  await expect(saving).rejects.toMatchObject({ name: 'AbortError' });
  expect(readdirSync(made)).toEqual([]);
});
