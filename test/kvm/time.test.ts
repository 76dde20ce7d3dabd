import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GuestShell } from '../support/guest-shell.ts';
import { testImage } from '../support/image.ts';
import { bootKvmHost, sharedFolder, type KvmHost } from '../support/kvm-host.ts';
import type { RunResult } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Saved and restored memory where the processor is the host's own and KVM keeps the
// clock: a Debian in real KVM, in a guest under emulation. One boot serves all.
const canRun = needsOfHost('qemu', 'image-tools', 'ssh');

const lab = '/home/user/lab';
const config = `QCOW2_BACKING_FILE='/home/user/image.qcow2'
UTOPIA_MEMORY_MB=512
UTOPIA_CPUS=1
UTOPIA_VNC=off
UTOPIA_ACCEL=kvm
`;

let host: KvmHost;
let user: GuestShell;

beforeAll(async () => {
  if (!canRun) return;
  const image = await testImage();
  host = await bootKvmHost({
    memoryMiB: 3_072,
    fill: (share) =>
      execFileSync('qemu-img', [
        ...['convert', '-f', 'raw', '-O', 'qcow2', image, join(share, 'image.qcow2')],
      ]),
  });
  await using root = await host.logIn('root');
  await root.run(`usermod -aG kvm user && cp ${sharedFolder}/image.qcow2 /home/user/image.qcow2`);
  user = await host.logIn('user');
  await user.run(`mkdir -p ${lab} && printf %s "${config}" > ${lab}/utopia.config`);
});

afterAll(async () => {
  await user?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

/** A boot under KVM that is emulated itself takes a minute, on a busy host two. */
const hangMs = 300_000;

async function utopia(words: string): Promise<RunResult> {
  const running = user.run(`cd ${lab} && utopia ${words}`);
  running.catch(() => {});
  const late = new AbortController();
  const hang = sleep(hangMs, 'late' as const, { signal: late.signal });
  hang.catch(() => {});
  const end = await Promise.race([running, hang]);
  late.abort();
  if (end !== 'late') return end;
  throw new Error(`utopia ${words} has not ended after ${hangMs / 1000} s:\n${await lookAround()}`);
}

/** What runs on the host, and what its machines have said, for who reads that something went wrong. */
async function lookAround(): Promise<string> {
  await using root = await host.logIn('root');
  const logs = '/home/user/.local/state/utopia/*/*.log';
  const { stdout } = await root.run(
    `ps axo pid,etime,time,stat,args --sort=-time | grep -v '\\[' | cut -c1-200 | head -12; tail -n 25 ${logs}`,
  );
  return stdout;
}

async function done(words: string): Promise<string> {
  const { status, stdout, stderr } = await utopia(words);
  const seen = status === 0 ? '' : await lookAround();
  expect(status, `${words}\n${stdout}${stderr}${seen}`).toBe(0);
  return stdout.trim();
}

/** How far the clock of the machine is from that of its host, in seconds. */
async function clockError(): Promise<number> {
  const { stdout } = await user.run(
    `cd ${lab} && date +%s.%N && utopia ssh -- date +%s.%N && date +%s.%N`,
  );
  const [before = 0, guest = 0, after = 0] = stdout.trim().split('\n').map(Number);
  return guest < before ? before - guest : Math.max(0, guest - after);
}

const witness = 'cat /run/witness /proc/sys/kernel/random/boot_id';

test('suspended and resumed under KVM: the same boot, its memory, and the clock of now', async () => {
  await done('up --detach --cold');
  expect(JSON.parse(await done('status --json'))).toMatchObject({ accelerator: 'kvm' });
  await done("ssh -- 'echo in memory > /run/witness'");
  const before = await done(`ssh -- '${witness}'`);
  await done('suspend');
  await done('up --detach');
  expect(await done(`ssh -- '${witness}'`)).toBe(before);
  expect(await clockError()).toBeLessThan(1);
});

test('a snapshot of the running machine, and back', async () => {
  const before = await done(`ssh -- '${witness}'`);
  await done('snapshot save moment');
  const copy = JSON.parse(
    await done(`run --from moment --json -- sh -c '${witness}; date +%s'`),
  ) as {
    readonly warm: boolean;
    readonly stdout: string;
  };
  expect(copy.warm).toBe(true);
  expect(copy.stdout).toContain(before);
  await done("ssh -- 'echo later > /run/witness'");
  await done('down --force');
  await done('snapshot restore moment');
  await done('up --detach');
  expect(await done(`ssh -- '${witness}'`)).toBe(before);
  expect(await clockError()).toBeLessThan(1);
  await done('down --force');
});

test('a warm base: throwaway runs, and the first up after a reset', async () => {
  await done('image warm');
  const run = JSON.parse(
    await done('run --json -- sh -c "date +%s; head -c 8 /dev/urandom | od -An -tx1"'),
  ) as {
    readonly warm: boolean;
    readonly stdout: string;
  };
  expect(run.warm).toBe(true);
  await done('reset --yes');
  expect(JSON.parse(await done('up --detach --json'))).toMatchObject({ warm: true });
  expect(await clockError()).toBeLessThan(1);
  await done('down');
});
