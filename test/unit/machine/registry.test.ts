import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareFolders } from '../../../src/machine/folders.ts';
import { portsOfOthers, readKeptPorts, writeKeptPorts } from '../../../src/machine/kept-ports.ts';
import { machinePaths } from '../../../src/machine/paths.ts';
import { planMachine } from '../../../src/machine/plan.ts';
import { identifyProcess } from '../../../src/system/process.ts';
import { addressOf, listMachines, machinesNamed } from '../../../src/machine/registry.ts';
import { writeState } from '../../../src/machine/state.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { samplePlanInput } from './sample-plan.ts';

const uid = process.getuid?.() ?? 0;

/** A machine that was started once; `pid` is its QEMU, 0 for one that has ended. */
async function addMachine(home: string, folder: string, name: string, sshPort: number, pid = 0) {
  const env = { HOME: home, XDG_RUNTIME_DIR: join(home, 'run') };
  const file = join(home, folder, 'utopia.config');
  const paths = machinePaths({ file }, env, uid);
  await prepareFolders(paths, uid);
  const plan = planMachine({
    ...samplePlanInput(),
    ssh: { host: '127.0.0.1', port: sshPort },
    paths,
  });
  const qemu = (await identifyProcess(pid)) ?? { pid: 1, startTicks: -1, bootId: '' };
  const startedAt = '2026-11-23T10:00:00.000Z';
  await writeState(paths, {
    ...{ schema: 1, name, file, qemu, qemuVersion: '7.2.22', startedAt, plan },
    ...{ ssh: plan.ssh, backingFile: '/images/base.raw' },
  });
  return { env, paths };
}

test('machines are listed from their state folders, running ones first', async () => {
  using home = temporaryFolder();
  await addMachine(home.path, 'labs/one', 'ask1', 22_223);
  await addMachine(home.path, 'labs/two', 'ask2', 22_224, process.pid);
  const { env } = await addMachine(home.path, 'other/one', 'ask1', 22_225);
  mkdirSync(join(home.path, '.local/state/utopia/never-started-00000000'));
  writeFileSync(join(home.path, '.local/state/utopia/ports.lock'), '');

  const machines = await listMachines(env, uid);
  expect(machines.map(({ name }) => name)).toEqual(['ask2', 'ask1', 'ask1']);
  expect(machines.map(({ running }) => running?.qemu.pid)).toEqual([
    process.pid,
    undefined,
    undefined,
  ]);
  expect(machinesNamed(machines, 'ask1')).toHaveLength(2);
  expect(machinesNamed(machines, 'nothing')).toEqual([]);
  for (const machine of machines) {
    expect(machinesNamed(machines, addressOf(machines, machine))).toEqual([machine]);
  }
  expect(machines.map((machine) => addressOf(machines, machine))[0]).toBe('ask2');
});

test('nobody has machines before the first one', async () => {
  using home = temporaryFolder();
  expect(await listMachines({ HOME: home.path }, uid)).toEqual([]);
});

test('the ports of others are theirs, also while they are off', async () => {
  using home = temporaryFolder();
  const one = await addMachine(home.path, 'one', 'one', 22_223);
  const two = await addMachine(home.path, 'two', 'two', 22_224);
  await writeKeptPorts(two.paths, { ssh: 22_300, vncDisplay: 7 });
  expect(await readKeptPorts(two.paths)).toEqual({ ssh: 22_300, vncDisplay: 7 });
  expect(await readKeptPorts(one.paths)).toEqual({});
  // A machine that is being started for the first time: nothing but its ports is known.
  const third = machinePaths({ file: join(home.path, 'three/utopia.config') }, one.env, uid);
  await prepareFolders(third, uid);
  await writeKeptPorts(third, { ssh: 22_301 });
  expect(await portsOfOthers(one.env, uid, one.paths)).toEqual(
    new Set([22_300, 22_224, 22_301, 5907, 5900]),
  );
  expect(await portsOfOthers(one.env, uid, two.paths)).toEqual(new Set([22_223, 22_301, 5900]));
  expect(await listMachines(one.env, uid)).toHaveLength(2);
});
