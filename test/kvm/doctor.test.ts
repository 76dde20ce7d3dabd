import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GuestShell } from '../support/guest-shell.ts';
import { breakages, type Breakage } from '../support/kvm-breakages.ts';
import { bootKvmHost, sharedFolder, type KvmHost } from '../support/kvm-host.ts';
import { needsOfHost } from '../support/requirements.ts';
import { stayArgument, tinyLinuxArguments, tinyLinuxIsUp } from '../support/tiny-linux.ts';

// The doctor on a host with real KVM, real modules, groups and devices, which may be
// broken: a Debian under emulation with an emulated AMD-V. One boot serves all.
const canRun = needsOfHost('qemu', 'image-tools', 'ssh');

let host: KvmHost;
let root: GuestShell;

/** Rows for docs/kvm-verdicts.json. */
const verdicts: Record<string, string>[] = [];

beforeAll(async () => {
  if (!canRun) return;
  host = await bootKvmHost();
  root = await host.logIn('root');
});

afterAll(async () => {
  await host?.[Symbol.asyncDispose]();
  const file = process.env['UTOPIA_RECORD_VERDICTS'];
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(verdicts, undefined, 2)}\n`);
});

interface Report {
  readonly verdict: string;
  readonly accel: string;
  readonly checks: readonly { readonly id: string; readonly cause?: string }[];
}

async function runJson<Answer>(shell: GuestShell, command: string): Promise<Answer> {
  const { stdout, stderr } = await shell.run(command);
  if (!stdout.startsWith('{')) throw new Error(`${command}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as Answer;
}

/** What others say of this host, for this login, and what is true of it. */
async function compareVerdicts(user: GuestShell, state: string): Promise<Record<string, string>> {
  const files = ['kvm-verdicts.sh', 'vmlinuz', 'tiny-initramfs'];
  const words = files.map((name) => `${sharedFolder}/${name}`).join(' ');
  const { stdout } = await user.run(`sh ${words} 180`);
  const lines = stdout.trim().split('\n');
  const row = { host: 'guest', state, ...Object.fromEntries(lines.map((line) => line.split(' '))) };
  verdicts.push(row);
  return row;
}

test('the host is good as it boots', async () => {
  await using user = await host.logIn('user');
  expect(await runJson<Report>(user, 'utopia doctor --json')).toMatchObject({
    verdict: 'ready',
    accel: 'kvm',
  });
  expect(await compareVerdicts(user, 'good')).toMatchObject({
    utopia: 'yes',
    'linux-boots': 'yes',
  });
});

describe.each(breakages)('$name', (breakage: Breakage) => {
  test('is named, mended, and mended for a new login', async () => {
    const { make, makeAfterLogin, finding, accel, fixed, relogin, undo } = breakage;
    const made = await root.run(make);
    expect(made, made.stderr).toMatchObject({ status: 0 });
    {
      await using user = await host.logIn('user');
      if (makeAfterLogin !== undefined) await root.run(makeAfterLogin);
      const found = await runJson<Report>(user, 'utopia doctor --json');
      const cause = found.checks.find(({ id }) => id === finding?.id)?.cause;
      expect([found.accel, cause]).toEqual([accel, finding?.cause]);
      const row = await compareVerdicts(user, breakage.name);
      expect(row['utopia']).toBe(row['linux-boots']);
      const outcome = await runJson<{
        readonly fixed: readonly { readonly name: string }[];
        readonly failed: readonly unknown[];
        readonly relogin: readonly { readonly cause: string }[];
      }>(user, 'utopia doctor --fix --yes --json');
      expect([outcome.fixed.map(({ name }) => name), outcome.failed]).toEqual([fixed, []]);
      expect(outcome.relogin.map((each) => each.cause)).toEqual(
        relogin === true ? ['session-lacks-group'] : [],
      );
    }
    await using user = await host.logIn('user');
    expect(await runJson<Report>(user, 'utopia doctor --json')).toMatchObject({
      verdict: 'ready',
      accel: 'kvm',
    });
    if (undo !== undefined) expect(await root.run(undo)).toMatchObject({ status: 0 });
  });
});

test('a login that lacks the group is told how up gets it, and so a guest runs with KVM', async () => {
  await root.run('gpasswd -d user kvm');
  await using user = await host.logIn('user');
  await root.run('gpasswd -a user kvm');
  const kernel = `-kernel ${sharedFolder}/vmlinuz -initrd ${sharedFolder}/tiny-initramfs`;
  await user.run(`mkdir lab; cd lab; truncate -s 1M disk.raw
cat > utopia.config <<'END'
QCOW2_BACKING_FILE=disk.raw
UTOPIA_ACCEL=kvm
UTOPIA_MEMORY_MB=384
UTOPIA_CPUS=1
UTOPIA_VNC=off
UTOPIA_EXTRA_ARGS="${kernel} -append '${tinyLinuxArguments} ${stayArgument}'"
END`);
  const refused = await user.run('cd lab; utopia up --detach --no-wait');
  expect(refused.status, refused.stderr).not.toBe(0);
  const offer = /^ +(sg kvm -c .*)$/m.exec(refused.stderr)?.[1];
  expect(offer).toBe("sg kvm -c 'utopia up --detach --no-wait'");
  const started = await user.run(`cd lab; ${offer}`);
  expect(started.status, started.stderr).toBe(0);
  const { stdout: consoleText } = await user.run(`cd lab
for i in $(seq 120); do utopia logs | grep -q '${tinyLinuxIsUp}' && break; sleep 1; done; utopia logs`);
  expect(consoleText).toContain('Hypervisor detected: KVM');
  expect(consoleText).toContain('kvm-clock: Using');
  expect(consoleText).toContain(tinyLinuxIsUp);
  const status = await runJson<unknown>(user, 'cd lab; utopia status --json');
  expect(status).toMatchObject({ accelerator: 'kvm' });
  expect(await user.run('cd lab; utopia down --force')).toMatchObject({ status: 0 });
});
