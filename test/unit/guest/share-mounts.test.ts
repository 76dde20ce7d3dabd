import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { endAgentScript, installAgentScript } from '../../../src/guest/agent-start.ts';
import {
  askAndReleaseScript,
  leaveAgentScript,
  mountAgainScript,
  parseReleasedShares,
  releaseSharesScript,
  saysAgent,
  wakeScript,
  withEarlier,
  type ShareMount,
} from '../../../src/guest/share-mounts.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('what taking the shares away came to', () => {
  test('mounts with blanks in their place, and who holds one, each once', () => {
    const text = [
      'mount shared /home/user/my\\040share rw,trans=virtio',
      'busy /home/user/my\\040share',
      'holder 812 tmux: server',
      'holder 812 tmux: server',
      'holder 9 sh',
      '',
    ].join('\n');
    expect(parseReleasedShares(text)).toEqual({
      mounts: [{ source: 'shared', target: '/home/user/my share', options: 'rw,trans=virtio' }],
      holders: ['tmux: server (pid 812)', 'sh (pid 9)'],
    });
  });

  test('a guest without a share says nothing', () => {
    expect(parseReleasedShares('')).toEqual({ mounts: [], holders: [] });
  });
});

const at = (target: string): ShareMount => ({ source: 'shared', target, options: 'rw' });

describe('what is to be brought back', () => {
  test('also what an earlier release took away, each place once', () => {
    expect(withEarlier([], [])).toEqual([]);
    expect(withEarlier([at('/a')], [at('/b'), { ...at('/a'), options: 'ro' }])).toEqual([
      at('/a'),
      at('/b'),
    ]);
  });

  test('an agent is there when the script says so, not when a holder has its name', () => {
    expect(saysAgent('mount shared /mnt rw\nagent\n')).toBe(true);
    expect(saysAgent('busy /mnt\nholder 812 agent\n')).toBe(false);
    expect(saysAgent('')).toBe(false);
  });
});

describe('the scripts are a shell’s', () => {
  const odd = { source: 'shared', target: "/mnt/it's a share", options: 'rw,trans=virtio' };

  test.each([
    ['release', releaseSharesScript],
    ['ask, and release', askAndReleaseScript],
    ['release, and leave the agent', leaveAgentScript()],
    ['wake', wakeScript([odd])],
    ['install the agent', installAgentScript()],
    ['end the agent', endAgentScript],
  ])('%s', (_name, script) => {
    // -n reads without running.
    expect(execFileSync('sh', ['-n', '-c', script]).toString()).toBe('');
  });

  test('no share here: the script ends well and prints nothing', () => {
    expect(execFileSync('sh', ['-c', releaseSharesScript]).toString()).toBe('');
  });

  test('what is mounted is said first, and unmounted when that was heard', () => {
    using folder = temporaryFolder();
    const mounts = join(folder.path, 'mounts');
    writeFileSync(mounts, String.raw`shared /mnt/my\040share 9p rw,trans=virtio 0 0` + '\n');
    const script = askAndReleaseScript.replaceAll('/proc/mounts', mounts);
    // The guest's own umount(8) says what it is asked for.
    const run = (input: string): string =>
      execFileSync('sh', ['-c', `umount() { echo "umount $1"; }\n${script}`], {
        input,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'inherit'],
      });
    const said = 'mount shared /mnt/my\\040share rw,trans=virtio\nready\n';
    expect(run('')).toBe(said);
    expect(run('go\n')).toBe(`${said}umount /mnt/my share\n`);
  });

  test('no agent here: nothing is ended, and nothing said', () => {
    expect(execFileSync('sh', ['-c', endAgentScript]).toString()).toBe('');
  });

  test('the clock is that of when date sets it, not of when it was asked', async () => {
    using folder = temporaryFolder();
    const given = join(folder.path, 'given');
    // The guest's own date(1): it takes its time, the first one more.
    const date = `date() { sleep 0.\${slow:-4}; slow=2; echo "$3 $(command date +%s.%N)" >> '${given}'; }`;
    const child = execa('sh', ['-c', `${date}\n${wakeScript([])}`], { stdin: 'pipe' });
    child.stdout.once('data', () => child.stdin.end(`${(Date.now() / 1000).toFixed(3)}\n`));
    expect((await child).stdout).toBe('ready');
    const last = readFileSync(given, 'utf8').trim().split('\n').at(-1) ?? '';
    const [set = Number.NaN, then = Number.NaN] = last.replace('@', '').split(' ').map(Number);
    expect(set).toBeGreaterThanOrEqual(then);
  });

  test('an automount that was given up is mounted without', () => {
    using folder = temporaryFolder();
    const target = join(folder.path, 'shared');
    const mounts = join(folder.path, 'mounts');
    writeFileSync(mounts, `systemd-1 ${target} autofs rw 0 0\n`);
    const share = { source: 'shared', target, options: 'trans=virtio' };
    const script = mountAgainScript([share]).replaceAll('/proc/mounts', mounts);
    // The guest's own mount(8) says what it is asked for.
    const run = (): string =>
      execFileSync('sh', ['-c', `mount() { echo "$@"; }\n${script}`], { encoding: 'utf8' });
    expect(run()).toBe(`-t 9p -o trans=virtio shared ${target}\n`);
    mkdirSync(target);
    expect(run()).toBe('');
    writeFileSync(mounts, '');
    expect(run()).toBe(`-t 9p -o trans=virtio shared ${target}\n`);
  });

  test('a share that cannot be mounted is told, and the script ends well', () => {
    const script = mountAgainScript([odd]);
    expect(execFileSync('sh', ['-c', script], { stdio: 'pipe' }).toString()).toBe('not mounted\n');
    expect(execFileSync('sh', ['-c', mountAgainScript([])]).toString()).toBe('');
  });
});
