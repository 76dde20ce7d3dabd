import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Commands that are root in their guest, and mean it. All copies go on from one warm base.
const ready = needsOfHost('qemu', 'image-tools', 'ssh');

vi.setConfig({ testTimeout: 300_000 });

let lab: Lab;

beforeAll(async () => {
  if (!ready) return;
  lab = await makeLab({ backing: await testImage() });
  const made = await lab.run('image', 'warm');
  expect(made.status, made.stderr).toBe(0);
});

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

const shell = (script: string): readonly string[] => ['--', 'sh', '-c', script];
const agentPid = '$(cat /run/utopia-agent.pid)';
const port = '/dev/virtio-ports/org.utopia.agent';

async function report(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await lab.run('run', '--json', ...args);
  try {
    return JSON.parse(stdout) as Record<string, unknown>;
  } catch {
    throw new Error(`no report: ${stdout.slice(0, 200)}${stderr.slice(0, 2_000)}`);
  }
}

test('125 MB of & are kept by their start and end', async () => {
  const script = "echo first; head -c 125000000 /dev/zero | tr '\\0' '&'; echo; echo last";
  const { stdout, ...told } = await report(...shell(script));
  expect(told).toMatchObject({ outcome: 'exited', status: 0, truncated: true });
  expect(told['stdoutBytes']).toBe(125_000_000 + 'first\n\nlast\n'.length);
  expect(String(stdout)).toMatch(/^first\n&+\n\[utopia left out \d+ bytes here\]\n&+\nlast\n$/);
});

test('a status that is forged once the agent is killed does not pass', async () => {
  const script = `kill -9 ${agentPid}; printf 'Q\\0\\0\\0\\0010' > ${port}; exit 1`;
  expect(await report(...shell(script))).toMatchObject({ outcome: 'ended', fault: 'command' });
});

test.each([
  ['powers off', 'poweroff -f', 'powered off'],
  ['reboots', 'reboot -f', 'rebooted'],
  ['kills the agent', `kill -9 ${agentPid}`, 'agent ended'],
])('a guest that %s is a failure of what ran in it', async (_what, script, how) => {
  writeFileSync(join(lab.folder, 'item'), '');
  const words = ['run', '--junit', 'ended.xml', '--each', 'item', '--', 'sh', '-c'];
  const { status, stderr } = await lab.run(...words, `${script}; sleep 100 # {}`);
  expect(status, stderr).toBe(1);
  expect(stderr).toContain(how);
  const marks = readFileSync(join(lab.folder, 'ended.xml'), 'utf8');
  expect(marks).toContain('failures="1" errors="0"');
});

test('one Ctrl-C ends a command whose agent stands still', async () => {
  const stopped = join(lab.folder, 'stopped');
  const script = `kill -STOP ${agentPid}; touch stopped; sleep 1000`;
  const run = lab.start('run', '--rw', ...shell(script));
  await vi.waitFor(() => expect(existsSync(stopped)).toBe(true), { timeout: 200_000 });
  run.child.kill('SIGTERM');
  expect((await run.ended).status).toBe(130);
});

const falseTar = (words: string): string =>
  `printf '#!/bin/sh\\n${words}\\n' > /tmp/tar; chmod 755 /tmp/tar; mount --bind /tmp/tar /bin/tar`;

test('a false tar neither hangs the run, nor writes without end, nor plants links', async () => {
  const header = String.raw`printf './out\\0' | dd bs=512 conv=sync 2>/dev/null; exec cat /dev/zero`;
  const before = readdirSync(lab.folder).toSorted();
  // It waits for what is left of the time: at least 30 s, which the test waits, too.
  const hangs = report(
    '--timeout',
    '5',
    '--copy-out',
    'out',
    ...shell(falseTar('exec sleep 100000')),
  );
  const floods = report('--copy-out', 'out', ...shell(falseTar(header)));
  expect(await floods).toMatchObject({ outcome: 'not-copied', fault: 'command', commandStatus: 0 });
  expect(await hangs).toMatchObject({
    outcome: 'not-copied',
    status: 69,
    fault: 'command',
    commandStatus: 0,
    notCopied: ['out'],
    message: expect.stringContaining('within 30 s'),
  });
  const huge = 'mkdir out && truncate -s 8T out/f';
  expect(await report('--copy-out', 'out', ...shell(huge))).toMatchObject({
    outcome: 'not-copied',
    message: expect.stringContaining('--max-copy-out'),
  });
  const links = 'mkdir out; ln -s /etc/shadow out/log; ln -s ../../etc out/dir; echo x > out/file';
  expect(await report('--copy-out', 'out', ...shell(links))).toMatchObject({
    status: 0,
    leftOut: [{ path: expect.stringMatching(/^out\/(log|dir)$/) }, {}],
  });
  expect(readdirSync(join(lab.folder, 'out'))).toEqual(['file']);
  expect(readdirSync(lab.folder).toSorted()).toEqual([...before, 'out'].toSorted());
});

test('what the host writes into a folder that the guest can write to follows no link', async () => {
  const victim = join(lab.folder, '..', 'victim');
  writeFileSync(victim, 'as it was');
  mkdirSync(join(lab.folder, 'rw'));
  const script = `ln -sf ${JSON.stringify(victim)} marks2.xml; ln -s .. elsewhere; echo line`;
  const options = ['-C', 'rw', '--config', '../utopia.config'];
  const { status, stderr } = await lab.run(
    ...options,
    ...['run', '--json', '--rw', '--junit', 'marks2.xml', ...shell(script)],
  );
  expect(status, stderr).toBe(0);
  expect(readFileSync(victim, 'utf8')).toBe('as it was');
  expect(readFileSync(join(lab.folder, 'rw/marks2.xml'), 'utf8')).toContain('<system-out>line');
  expect(existsSync(join(lab.folder, 'rw/elsewhere'))).toBe(true);
});
