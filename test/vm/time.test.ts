import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execaSync } from 'execa';
import { expect, test } from 'vitest';
import { noteReleased } from '../../src/lifecycle/saved/released-shares.ts';
import { knowHostKeys, makeHostKeys } from '../../src/guest/fresh-identity.ts';
import { sshFiles } from '../../src/guest/ssh-key.ts';
import { findRunning } from '../../src/machine/state.ts';
import { expectNoFuture } from '../support/clock.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { testImage } from '../support/image.ts';
import { needsOfHost } from '../support/requirements.ts';

// What a real guest has in memory comes back: one boot serves all of it.
needsOfHost('qemu', 'image-tools', 'ssh');

/** Runs a line of shell as root in the guest; its output without the last newline. */
async function inGuest(lab: Lab, line: string): Promise<string> {
  const result = await lab.run('ssh', '--', line);
  expect(result.status, `${line}\n${result.stderr}`).toBe(0);
  return result.stdout.trimEnd();
}

/** How long a command that succeeds takes here, in ms. */
async function timed(lab: Lab, ...words: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const { status, stderr } = await lab.run(...words);
  expect(status, stderr).toBe(0);
  return performance.now() - startedAt;
}

/** Starts what only memory holds: a process that counts, a file in a tmpfs, a connection to the guest itself. */
const beginScript = `
echo only in memory > /run/witness
setsid sh -c 'n=0; while :; do n=$((n+1)); echo $n > /run/count; sleep 0.2; done' > /dev/null 2>&1 < /dev/null &
echo $! > /run/pid
cat > /root/link.pl <<'END'
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 4000, Listen => 1) or die;
my $client = IO::Socket::INET->new('127.0.0.1:4000') or die;
my $peer = $server->accept or die;
$client->autoflush;
for (my $number = 1; ; $number++) {
  print $client "$number\\n";
  my $line = <$peer> // die 'the connection is gone';
  open my $file, '>', '/run/link' or die;
  print $file $line;
  close $file;
  select undef, undef, undef, 0.2;
}
END
setsid perl /root/link.pl > /run/link.log 2>&1 < /dev/null &
true`;

test('a suspended machine goes on where it was', { timeout: 900_000 }, async () => {
  await using lab = await makeLab({ backing: await testImage() });
  expect((await lab.run('up', '--detach')).status).toBe(0);
  await inGuest(lab, beginScript);
  writeFileSync(join(lab.folder, 'shared/note'), 'of the host\n');
  expect(await inGuest(lab, 'cat /home/user/shared/note')).toBe('of the host');
  await expect
    .poll(() => inGuest(lab, 'systemctl show -P ExecMainExitTimestamp utopia-clock'), {
      timeout: 300_000,
      interval: 1_000,
    })
    .not.toBe('');
  const future = () =>
    expectNoFuture(lab, ['exec'], join(lab.folder, 'shared'), '/home/user/shared');
  await future();
  const process = await inGuest(lab, 'cat /run/pid');
  const boot = await inGuest(lab, 'cat /proc/sys/kernel/random/boot_id');

  // A share that somebody is in is not taken away behind his back.
  const holder = lab.start('ssh', '--', 'cd /home/user/shared; echo inside; exec sleep 40');
  await holder.sees(/inside/);
  const busy = await lab.run('suspend');
  expect(busy.status).toBe(75);
  expect(busy.stderr).toMatch(/by +sleep \(pid \d+\)/);
  await inGuest(lab, 'pkill -x -f "sleep 40"');
  await holder.ended;
  await inGuest(lab, 'cat /home/user/shared/note');

  const suspend = await lab.run('suspend');
  expect(suspend.status, suspend.stderr).toBe(0);
  // An ssh whose connection has ended takes a moment to be gone.
  await expect.poll(() => lab.processes(), { timeout: 60_000 }).toEqual([]);
  expect((await lab.run('status')).stdout).toMatch(/is suspended/);
  const state = JSON.parse((await lab.run('status', '--json')).stdout) as { state: string };
  expect(state.state).toBe('suspended');

  const resume = await lab.run('up', '--detach');
  expect(resume.status, resume.stderr).toBe(0);
  expect(resume.stderr).toMatch(/memory +\d+ MB, as it was/);
  expect(resume.stderr).toMatch(/guest +clock set, share mounted again/);
  await expectRightTime(lab);
  await future();
  await expectNoAgent(lab);
  expect(await inGuest(lab, 'cat /run/witness; cat /run/pid; kill -0 $(cat /run/pid)')).toBe(
    `only in memory\n${process}`,
  );
  expect(await inGuest(lab, 'cat /proc/sys/kernel/random/boot_id')).toBe(boot);
  // The process counts on, and its numbers still come through the connection of before.
  const goesOn = 'a=$(cat /run/$0); sleep 2; b=$(cat /run/$0); test $b -gt $a && echo on';
  for (const file of ['count', 'link']) {
    expect(await inGuest(lab, `sh -c '${goesOn}' ${file}`), file).toBe('on');
  }
  expect(await inGuest(lab, 'cat /home/user/shared/note')).toBe('of the host');

  await checkWakeUps(lab);

  // Another memory size: nothing is resumed into it, and nothing is lost by asking.
  expect((await lab.run('suspend')).status).toBe(0);
  const other = await lab.run('up', '--detach', '--memory', '900M');
  expect(other.status).toBe(69);
  expect(other.stderr).toMatch(/Memory: 1024 MiB when it was saved, 900 MiB now/);
  const manifest = join(lab.folder, 'private.qcow2.vmstate.json');
  expect(statSync(manifest).isFile()).toBe(true);
  // A QEMU that was replaced by another version.
  const saved = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, saved.replace(/"qemuVersion": "[^"]+"/, '"qemuVersion": "6.2.0"'));
  expect((await lab.run('up', '--detach')).stderr).toMatch(/QEMU: 6\.2\.0 when it was saved/);
  writeFileSync(manifest, saved);
  // Killed at any moment of saving and restoring, on whatever host, the next up has the same machine.
  const wholeMs = {
    up: await timed(lab, 'up', '--detach'),
    suspend: await timed(lab, 'suspend'),
  };
  let suspended = true;
  for (let round = 0; round < 20; round += 1) {
    const victim = suspended ? lab.start('up', '--detach') : lab.start('suspend');
    const moment = Math.random() * wholeMs[suspended ? 'up' : 'suspend'];
    await Promise.race([victim.ended, sleep(moment)]);
    victim.child.kill('SIGKILL');
    await victim.ended;
    const up = await lab.run('up', '--detach');
    // 75: what was killed had come to its end, and the machine runs.
    expect([0, 75], up.stderr).toContain(up.status);
    expect(await inGuest(lab, 'cat /run/witness; kill -0 $(cat /run/pid)')).toBe('only in memory');
    expect(await inGuest(lab, 'cat /home/user/shared/note')).toBe('of the host');
    await expectRightTime(lab);
    suspended = round % 2 === 0;
    if (suspended) expect((await lab.run('suspend')).status).toBe(0);
  }
  if (!suspended) expect((await lab.run('suspend')).status).toBe(0);

  // The state moves away and back with its disk.
  expect((await lab.run('reset', '--yes')).status).toBe(0);
  expect((await lab.run('status')).stdout).toContain('is not running');
  expect((await lab.run('reset', '--undo', '--yes')).status).toBe(0);
  expect((await lab.run('up', '--detach')).status).toBe(0);
  expect(await inGuest(lab, 'cat /run/witness')).toBe('only in memory');

  await checkRunningSnapshots(lab, process);

  // --cold gives the memory up, and only then it is gone; a snapshot has it still.
  expect((await lab.run('suspend')).status).toBe(0);
  const asleep = await lab.run('snapshot', 'save', 'asleep');
  expect(asleep.status, asleep.stderr).toBe(0);
  const cold = await lab.run('up', '--detach', '--cold');
  expect(cold.status, cold.stderr).toBe(0);
  expect((await lab.run('ssh', '--', 'cat /run/witness')).status).toBe(1);
  expect(await inGuest(lab, 'cat /proc/sys/kernel/random/boot_id')).not.toBe(boot);
  expect((await lab.run('down', '--force')).status).toBe(0);
  expect((await lab.run('snapshot', 'restore', 'asleep')).stdout).toMatch(
    /utopia up resumes from there/,
  );
  // What was restored does not need its snapshot any more.
  expect((await lab.run('snapshot', 'remove', 'asleep', '--yes')).status).toBe(0);
  const awake = await lab.run('up', '--detach');
  expect(awake.status, awake.stderr).toBe(0);
  expect(await inGuest(lab, 'cat /run/witness; cat /proc/sys/kernel/random/boot_id')).toBe(
    `only in memory\n${boot}`,
  );
});

/** The guest's clock lies between our looks before and after, give or take a second. */
async function expectRightTime(lab: Lab): Promise<void> {
  const before = Date.now() / 1000;
  const clock = Number(await inGuest(lab, 'date +%s.%N'));
  expect(clock).toBeGreaterThan(before - 1);
  expect(clock).toBeLessThan(Date.now() / 1000 + 1);
}

/** The agent has gone, with its files; it ends when it has seen all onto the disk. */
async function expectNoAgent(lab: Lab): Promise<void> {
  await inGuest(lab, 'while pgrep -f "[u]topia-agent"; do sleep 0.1; done');
  expect(await inGuest(lab, 'ls /run | grep utopia || echo none')).toBe('none');
}

/** A guest is woken where SSH does not let us in, where no agent can be, and by the next `up`. */
async function checkWakeUps(lab: Lab): Promise<void> {
  const suspend = async (): Promise<void> => {
    const { status, stderr } = await lab.run('suspend');
    expect(status, stderr).toBe(0);
  };
  const goOn = async (): Promise<void> => {
    const up = await lab.run('up', '--detach');
    expect(up.status, up.stderr).toBe(0);
    expect(up.stderr).toMatch(/guest +clock set, share mounted again/);
  };
  const mounted = 'grep -c " /home/user/shared 9p " /proc/mounts';
  const manifest = join(lab.folder, 'private.qcow2.vmstate.json');
  const agentIn = (): unknown =>
    (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly agent?: unknown }).agent;

  // Known by another host key, the guest is nobody to whom our ssh would talk.
  await inGuest(lab, 'cat /home/user/shared/note');
  await suspend();
  expect(agentIn()).toBe(true);
  const { knownHostsFile } = sshFiles(lab.paths().sshDir);
  const known = readFileSync(knownHostsFile, 'utf8');
  const [other] = await makeHostKeys(lab.paths().sshDir, ['ed25519']);
  await knowHostKeys(lab.paths().sshDir, lab.paths().id, other === undefined ? [] : [other]);
  await goOn();
  expect((await lab.run('ssh', '--', 'true')).status).toBe(69);
  writeFileSync(knownHostsFile, known);
  expect(await inGuest(lab, mounted)).toBe('1');
  await expectRightTime(lab);
  await expectNoAgent(lab);

  // A guest without perl is woken over SSH.
  await inGuest(lab, 'mv /usr/bin/perl /usr/bin/perl.off');
  await suspend();
  expect(agentIn()).toBeUndefined();
  await goOn();
  expect(await inGuest(lab, mounted)).toBe('1');
  await expectRightTime(lab);
  await inGuest(lab, 'mv /usr/bin/perl.off /usr/bin/perl');

  // As an `up` leaves it that was killed before it had woken the guest: the next one does.
  const running = await findRunning(lab.paths());
  if (running === undefined) throw new Error('the machine does not run');
  await inGuest(lab, 'date -s @1000000000; umount -t 9p /home/user/shared');
  const target = '/home/user/shared';
  const mounts = [{ source: 'shared', target, options: 'trans=virtio,version=9p2000.L' }];
  await noteReleased(lab.paths(), running.qemu, { mounts });
  const mended = await lab.run('up', '--detach');
  expect(mended.status, mended.stderr).toBe(0);
  expect(mended.stderr).toContain('has its share again');
  expect(await inGuest(lab, mounted)).toBe('1');
  await expectRightTime(lab);
  await inGuest(lab, 'date -s @1000000000');
  await noteReleased(lab.paths(), running.qemu, { mounts: [] });
  expect((await lab.run('up', '--detach')).stderr).toContain('has the right time again');
  await expectRightTime(lab);
  expect((await lab.run('up', '--detach')).status).toBe(75);

  // Killed the moment before the guest lets go of its share: what it had is known.
  await inGuest(lab, 'cat /home/user/shared/note');
  expect((await runKilledAtRelease(lab, 'snapshot', 'save', 'never')).signal).toBe('SIGKILL');
  await inGuest(lab, `while ${mounted}; do sleep 0.1; done`);
  expect((await lab.run('up', '--detach')).stderr).toContain('has its share again');
  expect(await inGuest(lab, mounted)).toBe('1');
  await expectNoAgent(lab);
}

/** Runs a command with an ssh that kills it once it is to pass on that the guest shall unmount the share. */
async function runKilledAtRelease(
  lab: Lab,
  ...words: readonly string[]
): Promise<{ readonly signal: NodeJS.Signals | null }> {
  const bin = join(lab.folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const ssh = execaSync('which', ['ssh']).stdout;
  const script = `#!/bin/sh
case $* in
  *'read -r go'*) { read -r go; kill -KILL $PPID; echo "$go"; cat; } | "${ssh}" "$@" ;;
  *) exec "${ssh}" "$@" ;;
esac
`;
  writeFileSync(join(bin, 'ssh'), script, { mode: 0o755 });
  const { PATH } = lab.env;
  lab.env['PATH'] = `${bin}:${PATH}`;
  const victim = lab.start(...words);
  lab.env['PATH'] = PATH;
  await victim.ended;
  return { signal: victim.child.signalCode };
}

/** Snapshots of a machine that runs, and goes on; its root disk destroyed, disk and memory come back. */
async function checkRunningSnapshots(lab: Lab, process: string): Promise<void> {
  const alive = 'cat /run/witness; cat /run/pid; kill -0 $(cat /run/pid)';
  const expected = `only in memory\n${process}`;
  await inGuest(lab, 'echo worth keeping > /root/kept; cat /home/user/shared/note');
  const startedAt = performance.now();
  const saved = await lab.run('snapshot', 'save', 'whole');
  const wholeMs = performance.now() - startedAt;
  expect(saved.status, saved.stderr).toBe(0);
  expect(saved.stdout).toMatch(/of which memory \d+ MB/);
  // It has gone on, with its share, and with the right time.
  expect(await inGuest(lab, alive)).toBe(expected);
  expect(await inGuest(lab, 'cat /home/user/shared/note')).toBe('of the host');
  await expectRightTime(lab);
  await expectNoAgent(lab);

  // Killed at any moment of saving: the machine goes on, no half snapshot, the first one whole.
  for (let round = 0; round < 8; round += 1) {
    const victim = lab.start('snapshot', 'save', `killed-${round}`);
    await Promise.race([victim.ended, sleep(Math.random() * wholeMs)]);
    victim.child.kill('SIGKILL');
    await victim.ended;
    const up = await lab.run('up', '--detach');
    // 75: it had not been stopped yet, or goes on already.
    expect([0, 75], up.stderr).toContain(up.status);
    expect(await inGuest(lab, alive)).toBe(expected);
    const list = await lab.run('snapshot', 'list', '--json');
    const { snapshots } = JSON.parse(list.stdout) as {
      readonly snapshots: readonly { readonly name: string; readonly disk: string }[];
    };
    expect(snapshots[0]?.name).toBe('whole');
    for (const { name, disk } of snapshots) {
      execaSync('qemu-img', ['check', '-q', disk]);
      if (name !== 'whole')
        expect((await lab.run('snapshot', 'remove', name, '-y')).status).toBe(0);
    }
  }
  // Ctrl-C lets it go on at once.
  const interrupted = lab.start('snapshot', 'save', 'interrupted');
  await sleep(wholeMs / 2);
  interrupted.child.kill('SIGINT');
  expect([0, 130]).toContain((await interrupted.ended).status);
  expect(await inGuest(lab, alive)).toBe(expected);

  const destroy = 'dd if=/dev/zero of=$(findmnt -no SOURCE /) bs=1M count=64 conv=fsync 2>&1';
  expect(await inGuest(lab, destroy)).toMatch(/copied/);
  expect((await lab.run('down', '--force')).status).toBe(0);
  const restored = await lab.run('snapshot', 'restore', 'whole');
  expect(restored.status, restored.stderr).toBe(0);
  expect((await lab.run('status')).stdout).toMatch(/is suspended/);
  const up = await lab.run('up', '--detach');
  expect(up.status, up.stderr).toBe(0);
  expect(await inGuest(lab, alive)).toBe(expected);
  expect(await inGuest(lab, 'echo 3 > /proc/sys/vm/drop_caches; cat /root/kept')).toBe(
    'worth keeping',
  );
}
