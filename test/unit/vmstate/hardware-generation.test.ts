import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findBaseFor, warmBaseKey } from '../../../src/lifecycle/saved/warm-base-key.ts';
import { chooseResume } from '../../../src/lifecycle/saved/choose-resume.ts';
import { hardwareGeneration } from '../../../src/hardware-generation.ts';
import { draftWarmBase, placeWarmBase, warmFiles } from '../../../src/image/warm-base.ts';
import { machineArgv } from '../../../src/machine/argv.ts';
import { planMachine, type MachinePlan } from '../../../src/machine/plan.ts';
import { describeHardware, describeState, identifyDisks } from '../../../src/vmstate/describe.ts';
import { writeManifest } from '../../../src/vmstate/manifest.ts';
import { readSuspended, suspendedFiles } from '../../../src/vmstate/suspended.ts';
import { plainContext } from '../../support/lifecycle-context.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { samplePlanInput } from '../machine/sample-plan.ts';

// What was saved goes on with the devices that it had; what came later comes with the next boot.

/** The list of an earlier release, in its very words: keys of warm bases are made of it. */
const first = [
  'agent port',
  'firmware log',
  'panic device pvpanic',
  'panic device pvpanic-pci',
  'random number device',
  'generation id',
];

/** As a release before generations wrote it down. */
function recorded(plan: MachinePlan): MachinePlan {
  const { hardwareGeneration: _generation, ...earlier } = plan;
  return earlier;
}

test('a machine that boots has the newest hardware, one of before what it had', () => {
  const plan = planMachine(samplePlanInput());
  expect(plan.hardwareGeneration).toBe(hardwareGeneration);
  expect(machineArgv(plan)).toContain('vmcoreinfo');
  expect(describeHardware(plan).hardware).toEqual([...first, 'core dump information']);
  expect(machineArgv(recorded(plan))).not.toContain('vmcoreinfo');
  expect(describeHardware(recorded(plan)).hardware).toEqual(first);
});

test('a QEMU without the device, and a user who brings it, get no second one', () => {
  const without = planMachine(samplePlanInput({ devices: ['virtio-blk-pci'] }));
  expect(machineArgv(without)).not.toContain('vmcoreinfo');
  for (const device of ['vmcoreinfo', 'vmgenid,guid=auto']) {
    const [name = ''] = device.split(',');
    for (const word of [device, `driver=${device}`, JSON.stringify({ driver: name })]) {
      const argv = machineArgv(planMachine(samplePlanInput({ extraArgs: ['-device', word] })));
      expect(argv.filter((each) => each.includes(name))).toEqual([word]);
    }
  }
});

test.each([
  ['of the first generation', undefined],
  ['of this one', hardwareGeneration],
])('a suspended machine %s goes on, and its hardware is known', async (_name, generation) => {
  using folder = temporaryFolder();
  const overlay = join(folder.path, 'private.qcow2');
  writeFileSync(overlay, 'disk');
  const now = planMachine(samplePlanInput({ overlay }));
  const plan = generation === undefined ? recorded(now) : now;
  const files = suspendedFiles(overlay);
  writeFileSync(files.state, 'state');
  const saved = describeState({
    ...{ plan, argv: machineArgv(plan), qemuVersion: '7.2.22', machineType: 'pc-i440fx-7.2' },
    ...{ stateFile: 'private.qcow2.vmstate', stateBytes: 5, mounts: [], agent: false },
    ...{ disks: await identifyDisks([overlay]), now: new Date() },
  });
  await writeManifest(files.manifest, saved);
  const context = plainContext(folder.path, {});
  const resumed = await chooseResume(context, { cold: false }, now, '7.2.22');
  expect(resumed?.manifest.hardwareGeneration).toBe(generation);
  expect((await readSuspended(overlay))?.manifest).toEqual(saved);

  // Of another QEMU it is refused, as ever, and kept.
  const other = chooseResume(context, { cold: false }, now, '10.0.13');
  await expect(other).rejects.toMatchObject({
    code: 'state-unfit',
    details: ['QEMU: 7.2.22 when it was saved, 10.0.13 now.'],
  });
  expect(await readSuspended(overlay)).toBeDefined();
});

test('a warm base of the first generation serves until there is a newer one', async () => {
  using folder = temporaryFolder();
  const env = { XDG_CACHE_HOME: join(folder.path, 'cache'), HOME: folder.path };
  const [binary, image] = [join(folder.path, 'qemu'), join(folder.path, 'image.raw')];
  for (const file of [binary, image]) writeFileSync(file, '');
  const qemu = { binary, version: '7.2.22' };
  const plan = planMachine(samplePlanInput());
  expect(await findBaseFor(env, plan, qemu, image)).toBeUndefined();

  const place = async (of: MachinePlan): Promise<string> => {
    const key = (await warmBaseKey(of, qemu, image)) ?? '';
    const draft = await draftWarmBase(env);
    mkdirSync(draft, { recursive: true });
    for (const name of [warmFiles.disk, warmFiles.state, warmFiles.memory]) {
      writeFileSync(join(draft, name), '');
    }
    const { accelerator, memoryMiB, cpus } = of;
    await placeWarmBase(env, draft, key, {
      ...{ schema: 1, image, machineType: 'pc-i440fx-7.2', qemuVersion: '7.2.22' },
      ...{ accelerator, memoryMiB, cpus, madeAt: new Date().toISOString() },
      hardwareGeneration: of.hardwareGeneration,
    });
    return key;
  };
  const earlier = await place(recorded(plan));
  const found = await findBaseFor(env, plan, qemu, image);
  expect([found?.key, found?.manifest.hardwareGeneration]).toEqual([earlier, undefined]);
  const newer = await place(plan);
  expect(newer).not.toBe(earlier);
  expect((await findBaseFor(env, plan, qemu, image))?.key).toBe(newer);
});
