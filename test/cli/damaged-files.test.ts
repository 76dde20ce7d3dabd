import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imageRecordPath } from '../../src/image/image-record.ts';
import { recordPath } from '../../src/image/overlay-record.ts';
import { snapshotFiles } from '../../src/image/snapshots.ts';
import type { VmStateManifest } from '../../src/vmstate/manifest.ts';
import { damagedForms, type DamagedForm } from '../support/damaged-forms.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Every file that a machine has written down, damaged in every way: what the commands that read it
// say, and that nothing on the disk goes with it. QEMU is a stand-in.
needsOfHost('qemu');

/** A command, its status, and words of its output; none for one that can do without the file. */
type Expectation = readonly [words: readonly string[], status: number, says?: RegExp];

interface FileCase {
  readonly name: string;
  readonly path: (lab: Lab) => string;
  /** What stands in it while it is whole; by default what is there. */
  readonly good?: object;
  /** Keys that are something else; undefined for one that is missing. */
  readonly wrong: readonly Readonly<Record<string, unknown>>[];
  readonly expected: readonly Expectation[];
}

const savedMemory: VmStateManifest = {
  ...{ schema: 1, savedAt: '2026-11-23T08:00:00.000Z', qemuVersion: '7.2.22' },
  ...{ stateFile: 'private.qcow2.vmstate', stateBytes: 5, machineType: 'pc-i440fx-7.2' },
  ...{ accelerator: 'tcg', cpuModel: 'default', cpus: 2, memoryMiB: 1024 },
  ...{ hardware: [], argv: [], disks: [], mounts: [] },
};

/** A file of one that cannot be read is named, with a reason. */
const named = /cannot be read/;
const privateFile = (lab: Lab): string => join(lab.folder, 'private.qcow2');
const cache = (lab: Lab): string => join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia');

const whileOff: readonly FileCase[] = [
  {
    name: 'machine.json',
    path: (lab) => lab.paths().stateFile,
    wrong: [{ plan: {} }, { qemu: { pid: 'x' } }, { startedAt: 'yesterday' }, { ssh: undefined }],
    expected: [
      [['status'], 0, /is not running/],
      [['ls'], 0],
      [['down'], 0, /is not running/],
      [['up', '--dry-run'], 0],
      [['ssh', '--', 'true'], 69, /does not run/],
    ],
  },
  {
    name: 'ports.json',
    path: (lab) => lab.paths().portsFile,
    good: { ssh: 22_223 },
    wrong: [{ ssh: 'x' }, { ssh: 70_000 }],
    expected: [
      [['status'], 0],
      [['up', '--dry-run'], 0],
    ],
  },
  {
    name: 'the record of suspended memory',
    path: (lab) => `${privateFile(lab)}.vmstate.json`,
    good: savedMemory,
    wrong: [{ disks: undefined }, { savedAt: 5 }, { mounts: [{}] }, { stateBytes: '5' }],
    expected: [
      [['status'], 0, /is suspended[^]*cannot be read[^]*utopia up --cold/],
      [['down'], 0, /is suspended[^]*cannot be read/],
      [['up', '--detach'], 69, /its record cannot be read[^]*utopia up --cold/],
      [['reboot'], 69, /its record cannot be read/],
      [['snapshot', 'save', 'two'], 69, /its record cannot be read/],
      [['ls'], 0, /suspended/],
    ],
  },
  {
    name: 'the record of a snapshot’s memory',
    path: (lab) => snapshotFiles(join(`${privateFile(lab)}.snapshots`, 'one')).manifest,
    good: savedMemory,
    wrong: [{ cpus: undefined }, { disks: [{ path: 5 }] }],
    expected: [
      [['snapshot', 'show', 'one'], 0, named],
      [['snapshot', 'list'], 0, /^one /m],
      [['run', '--from', 'one', '--', 'true'], 69, /not those that were saved together/],
    ],
  },
  {
    name: 'the note of an overlay that was put aside',
    path: (lab) => join(lab.paths().keptDir, keptName(lab), 'kept.json'),
    wrong: [{ path: undefined }, { keptAt: 'x' }],
    expected: [
      [['reset', '--undo'], 69, named],
      [['snapshot', 'list'], 0, named],
      [['undo', 'x'], 69, named],
    ],
  },
  {
    name: 'what the private file was made over',
    path: (lab) => recordPath(privateFile(lab)),
    wrong: [{ backing: {} }, { backing: { path: '/x', identity: { bytes: 1, mtimeNs: 'x' } } }],
    expected: [
      [['up', '--dry-run'], 0, /utopia\.json cannot be read: it/],
      [['status'], 0],
    ],
  },
  {
    name: 'the record of an image',
    path: (lab) => imageRecordPath(join(cache(lab), 'images/debian-bookworm-lab.raw')),
    good: {
      schema: 1,
      suite: 'bookworm',
      profile: 'lab',
      recipe: 'x',
      sizeBytes: 1,
      builtAt: '2026-11-23',
    },
    wrong: [{ recipe: 5 }, { builtAt: 'x' }, { include: 'x' }],
    expected: [[['image', 'list'], 0, /debian-bookworm-lab/]],
  },
  {
    name: 'a warm base',
    path: (lab) => join(cache(lab), 'warm/key/base.json'),
    good: { schema: 1, image: '/x', cpus: 2 },
    wrong: [{ memoryMiB: 'x' }],
    expected: [
      [['image', 'list'], 0],
      [['image', 'cool'], 0],
    ],
  },
];

const whileItRuns: readonly FileCase[] = [
  {
    name: 'machine.json',
    path: (lab) => lab.paths().stateFile,
    wrong: [{ plan: {} }, { ssh: { host: '127.0.0.1' } }, { backingFile: undefined }],
    expected: [
      [['status'], 0, /machine\.json cannot be read[^]*utopia down, then utopia up/],
      [['ssh', '--', 'true'], 69, /machine\.json: its?[^]*utopia down, then utopia up/],
      [['suspend'], 69, /machine\.json: its?/],
      [['vnc'], 69, /machine\.json: its?/],
      [['expose'], 69, /machine\.json: its?/],
      [['sensors'], 69, /machine\.json: its?/],
    ],
  },
  {
    name: 'sensors.json',
    path: (lab) => lab.paths().sensorsFile,
    wrong: [{ feed: 5 }, { process: { pid: 1 } }],
    expected: [
      [['sensors'], 69, /sensors\.json: its?[^]*utopia down/],
      [['sensors', 'use', 'none'], 69, /sensors\.json: its?/],
    ],
  },
  {
    name: 'released-shares.json',
    path: (lab) => join(lab.paths().runtimeDir, 'released-shares.json'),
    good: { schema: 1, qemu: { pid: 1, startTicks: 1, bootId: 'x' }, mounts: [] },
    wrong: [{ mounts: undefined }, { mounts: [{ source: 5 }] }, { qemu: 1 }],
    expected: [
      [['up', '--detach'], 69, /released-shares\.json: its?[^]*rm\s/],
      [['snapshot', 'save', 'two'], 69, /released-shares\.json: its?/],
      [['suspend'], 69, /released-shares\.json: its?/],
      [['status'], 0],
    ],
  },
  {
    name: 'alive.json',
    path: (lab) => lab.paths().aliveFile,
    good: { pid: 1, startTicks: 1, bytes: 1 },
    wrong: [{ bytes: 'x' }, { pid: undefined }],
    expected: [[['status'], 0, /is running|is booting/]],
  },
];

let lab: Lab;

beforeAll(async () => {
  lab = await makeLab({ scenario: {}, config: ['UTOPIA_SENSORS=sim'] });
  const words = [
    ['up', '--detach'],
    ['down'],
    ['reset', '--yes'],
    ['up', '--detach'],
    ['down'],
    ['snapshot', 'save', 'one'],
  ];
  for (const each of words)
    expect(await lab.run(...each), each.join(' ')).toMatchObject({ status: 0 });
  const image = join(cache(lab), 'images/debian-bookworm-lab.raw');
  mkdirSync(dirname(image), { recursive: true });
  writeFileSync(image, 'image');
  const base = join(cache(lab), 'warm/key');
  mkdirSync(base, { recursive: true });
  for (const name of ['disk.qcow2', 'state', 'memory']) writeFileSync(join(base, name), name);
  writeFileSync(snapshotFiles(join(`${privateFile(lab)}.snapshots`, 'one')).state, 'memory');
}, 120_000);

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

function keptName({ paths }: Pick<Lab, 'paths'>): string {
  return readdirSync(paths().keptDir)[0] ?? '';
}

/** Every file that a person would miss, with its size: the lab's, the machine's state and the store. */
function filesThatCount(): string[] {
  const folders = [
    lab.folder,
    lab.paths().keptDir,
    join(cache(lab), 'images'),
    join(cache(lab), 'warm'),
  ];
  return folders
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .map((path) => `${statSync(path).size} ${path}`)
    .toSorted();
}

/** Damages the file in one way and asks the commands; the file is as it was before, afterwards. */
async function expectOf(file: FileCase, form: DamagedForm): Promise<void> {
  const path = file.path(lab);
  const before = readOrNothing(path);
  writeFileSync(path, form.text);
  try {
    const files = filesThatCount();
    for (const [words, status, says = /(?:)/] of file.expected) {
      const found = await lab.run(...words);
      const said = found.stdout + found.stderr;
      const about = `${words.join(' ')}: ${said}`;
      expect(found.status, about).toBe(status);
      expect(said, about).toMatch(says);
      expect(said, about).not.toMatch(/bug in utopia|TypeError|NaN|undefined|\[object/);
      expect(readFileSync(path, 'utf8') === form.text, `${about} has written to it`).toBe(true);
      expect(filesThatCount(), about).toEqual(files);
    }
  } finally {
    if (before === undefined) rmSync(path);
    else writeFileSync(path, before);
  }
}

function readOrNothing(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** The forms of a file: of what it should hold, or of what the machine has written there. */
function formsOf({ path, good, wrong }: FileCase): readonly DamagedForm[] {
  return damagedForms(good ?? (JSON.parse(readFileSync(path(lab), 'utf8')) as object), ...wrong);
}

test.each(whileOff)(
  '$name is damaged, the machine off',
  async (file) => {
    for (const form of formsOf(file)) await expectOf(file, form);
  },
  300_000,
);

test.each(whileItRuns)(
  '$name is damaged while the machine runs',
  async (file) => {
    expect(await lab.run('up', '--detach')).toMatchObject({ status: 0 });
    try {
      for (const form of formsOf(file)) await expectOf(file, form);
    } finally {
      expect(await lab.run('down', '--force')).toMatchObject({ status: 0 });
    }
  },
  300_000,
);
