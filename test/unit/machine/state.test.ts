import { existsSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareFolders } from '../../../src/machine/folders.ts';
import { machinePaths } from '../../../src/machine/paths.ts';
import { planMachine } from '../../../src/machine/plan.ts';
import { identifyProcess } from '../../../src/system/process.ts';
import {
  findRunning,
  forgetRunning,
  readState,
  writeState,
  type MachineState,
} from '../../../src/machine/state.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { samplePlanInput } from './sample-plan.ts';

const uid = process.getuid?.() ?? 0;

async function freshPaths(folder: string) {
  const env = { HOME: folder, XDG_RUNTIME_DIR: join(folder, 'run') };
  const paths = machinePaths({ file: join(folder, 'utopia.config') }, env, uid);
  await prepareFolders(paths, uid);
  return paths;
}

async function stateOf(pid: number): Promise<MachineState> {
  const qemu = await identifyProcess(pid);
  if (qemu === undefined) throw new Error(`no process ${pid}`);
  const plan = planMachine(samplePlanInput());
  return {
    schema: 1,
    name: 'lab',
    file: '/lab/utopia.config',
    qemu,
    qemuVersion: '7.2.22',
    startedAt: '2026-11-23T10:00:00.000Z',
    plan,
    ssh: plan.ssh,
    backingFile: '/images/base.raw',
  };
}

test('a state that was written is read back; a running process is found by it', async () => {
  using folder = temporaryFolder();
  const paths = await freshPaths(folder.path);
  expect(await findRunning(paths)).toBeUndefined();
  const state = await stateOf(process.pid);
  await writeState(paths, state);
  expect(await readState(paths)).toEqual(JSON.parse(JSON.stringify(state)));
  expect((await findRunning(paths))?.qemu.pid).toBe(process.pid);
});

test('a state whose pid belongs to another process now counts for nothing', async () => {
  using folder = temporaryFolder();
  const paths = await freshPaths(folder.path);
  const state = await stateOf(process.pid);
  await writeState(paths, { ...state, qemu: { ...state.qemu, startTicks: 1 } });
  expect(await findRunning(paths)).toBeUndefined();
});

const hollow = [
  '{"schema":1,"qemu":null,"plan":null}',
  '{"schema":1,"qemu":{"pid":1},"plan":{}}',
  '{"schema":1,"name":"x","file":null,"qemu":{"pid":1,"startTicks":1},"plan":{"overlay":"/x"}}',
];

test.each(['', '{', '{"schema":2}', '[]', 'null', ...hollow])(
  'a damaged state file (%j) counts for nothing',
  async (text) => {
    using folder = temporaryFolder();
    const paths = await freshPaths(folder.path);
    writeFileSync(paths.stateFile, text);
    expect(await readState(paths)).toBeUndefined();
    expect(await findRunning(paths)).toBeUndefined();
  },
);

test('a QEMU whose launcher died before it wrote a state is found by its pid file', async () => {
  using folder = temporaryFolder();
  const paths = await freshPaths(folder.path);
  const child = spawn('bash', ['-c', 'echo up; read -r x', '-pidfile', paths.pidFile], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  try {
    await once(child.stdout, 'data');
    writeFileSync(paths.pidFile, `${child.pid}\n`);
    expect((await findRunning(paths))?.qemu.pid).toBe(child.pid);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a QEMU whose launcher died before it wrote anything at all is found among the processes', async () => {
  using folder = temporaryFolder();
  const paths = await freshPaths(folder.path);
  writeFileSync(paths.startingFile, '');
  expect(await findRunning(paths)).toBeUndefined();
  const child = spawn('bash', ['-c', 'echo up; read -r x', '-pidfile', paths.pidFile], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  try {
    await once(child.stdout, 'data');
    expect((await findRunning(paths))?.qemu.pid).toBe(child.pid);
    await forgetRunning(paths);
    expect(existsSync(paths.startingFile)).toBe(false);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a stale pid file that names a stranger is no machine', async () => {
  using folder = temporaryFolder();
  const paths = await freshPaths(folder.path);
  writeFileSync(paths.pidFile, `${process.pid}\n`);
  expect(await findRunning(paths)).toBeUndefined();
});
