// Records fixtures/logs/crashes/debian-*.txt: boots the image with the modules of
// fixtures/modules, provokes each crash, and keeps what the console said.
// Usage: tsx scripts/record-crashes.ts [NAME…]
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { builtModules, crashImage } from '../test/support/crash-image.ts';
import { makeLab, type Lab } from '../test/support/lab.ts';

const folder = join(import.meta.dirname, '../fixtures/logs/crashes');

/** A crash: what is typed in the guest as root, and how long its report takes to come. */
interface Recording {
  readonly name: string;
  readonly command: string;
  readonly waitMs?: number;
}

const fault = (name: string, waitMs?: number): Recording => ({
  name,
  command: `echo ${name} > /proc/faulty`,
  ...(waitMs === undefined ? {} : { waitMs }),
});

/** Recorded one after the other in one boot: the guest survives them. */
const oopses: readonly Recording[] = [
  { name: 'null-read', command: `insmod ${builtModules}/null_read.ko` },
  { name: 'atomic-sleep', command: `insmod ${builtModules}/atomic_sleep.ko` },
  { name: 'double-free', command: `insmod ${builtModules}/double_free.ko` },
  ...[
    ...['null-write', 'null-call', 'wild-read', 'user-read', 'error-pointer', 'poison', 'divide'],
    ...['bug', 'warn', 'list', 'refcount', 'usercopy', 'irq-off'],
  ].map((name) => fault(name)),
];

/** In a boot of their own: they wait, or change settings. */
const slow: readonly Recording[] = [
  { name: 'out-of-memory', command: 'tail /dev/zero' },
  {
    name: 'debug-words',
    command:
      "echo 'DEBUG: kernel NULL pointer dereference is fine' > /dev/kmsg; echo 'lunix: BUG: this driver says so' > /dev/kmsg; echo 'WARNING: battery low' > /dev/kmsg; echo 'BUG: a word of a driver' > /dev/kmsg",
  },
  {
    name: 'soft-lockup',
    command: `sysctl -q kernel.watchdog_thresh=3; insmod ${builtModules}/lock_up.ko seconds=15`,
    waitMs: 40_000,
  },
  {
    name: 'rcu-stall',
    command:
      'sysctl -q kernel.watchdog_thresh=10; echo 4 > /sys/module/rcupdate/parameters/rcu_cpu_stall_timeout; echo rcu > /proc/faulty',
    waitMs: 60_000,
  },
  {
    name: 'hung-task',
    command:
      'sysctl -q kernel.hung_task_timeout_secs=5; echo hold > /proc/faulty; echo hold > /proc/faulty',
    waitMs: 40_000,
  },
  fault('missing-unlock', 20_000),
];

/** Each ends its machine. */
const deadly: readonly Recording[] = [
  fault('recurse', 15_000),
  {
    name: 'panic-on-oops',
    command: `sysctl -q kernel.panic_on_oops=1; echo null-write > /proc/faulty`,
    waitMs: 15_000,
  },
  {
    name: 'spin-twice',
    command:
      'sysctl -q kernel.watchdog_thresh=3 kernel.softlockup_panic=1; echo spin-twice > /proc/faulty',
    waitMs: 40_000,
  },
];

/** The console is recorded until it has said nothing for so long. */
const settledMs = 2_500;

const wanted = process.argv.slice(2);
const isWanted = ({ name }: Recording): boolean => wanted.length === 0 || wanted.includes(name);
mkdirSync(folder, { recursive: true });

const image = await crashImage();
const plan = [
  oopses.filter(isWanted),
  slow.filter(isWanted),
  ...deadly.filter(isWanted).map((each) => [each]),
];
for (const recordings of plan.filter((each) => each.length > 0)) {
  await using lab = await makeLab({ backing: image });
  const up = await lab.run('up', '--detach', '--yes');
  if (up.status !== 0) throw new Error(up.stderr);
  await lab.run('ssh', '--', `insmod ${builtModules}/faulty.ko`);
  for (const recording of recordings) await record(lab, recording);
}

async function record(lab: Lab, { name, command, waitMs = 120_000 }: Recording): Promise<void> {
  const log = lab.paths().consoleLog;
  const before = statSync(log).size;
  const ssh = lab.start('ssh', '--', command);
  await Promise.race([ssh.ended, sleep(waitMs)]);
  for (let size = -1; size !== statSync(log).size; await sleep(settledMs))
    size = statSync(log).size;
  ssh.child.kill('SIGKILL');
  const said = readFileSync(log).subarray(before);
  writeFileSync(join(folder, `debian-${name}.txt`), said);
  console.log(name, said.length);
}
