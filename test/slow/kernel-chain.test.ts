import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testImage } from '../support/image.ts';
import { commitIn, gitIn } from '../support/kernel-clone.ts';
import { kernelSource } from '../support/kernel-source.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { readBlocks } from '../support/page-blocks.ts';
import { startOnTerminal } from '../support/pseudo-terminal.ts';
import { needsOfHost } from '../support/requirements.ts';
import { startSourceMirror } from '../support/source-mirror.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// One machine and one source, from a download to a machine that is rescued: what comes in one step
// is what the one before has left. Kept kernels of other tests are of no use to it.
needsOfHost('qemu', 'image-tools', 'ssh', 'kernel-build', 'debian-source', 'git');

async function succeed(lab: Lab, ...words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await lab.run(...words);
  expect(status, `${words.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** Runs a line of shell as root in the guest; its output without the last newline. */
async function inGuest(lab: Lab, line: string): Promise<string> {
  return (await succeed(lab, 'exec', '--', 'sh', '-c', line)).trimEnd();
}

/** Debian's source as an archive of kernel.org's: the same file names below another first folder. */
function packRelease(folder: string): { readonly version: string; readonly archive: Buffer } {
  execFileSync('tar', ['-xf', kernelSource('bookworm'), '-C', folder]);
  const [tree = ''] = execFileSync('ls', [folder], { encoding: 'utf8' }).split('\n');
  const makefile = readFileSync(join(folder, tree, 'Makefile'), 'utf8');
  const part = (name: string): string =>
    new RegExp(`^${name} = (\\d+)$`, 'm').exec(makefile)?.[1] ?? '';
  const version = `${part('VERSION')}.${part('PATCHLEVEL')}.${part('SUBLEVEL')}`;
  execFileSync('mv', [join(folder, tree), join(folder, `linux-${version}`)]);
  const file = join(folder, 'release.tar.xz');
  const words = ['--create', '--use-compress-program=xz -0 -T2', '--file', file, '-C', folder];
  execFileSync('tar', [...words, `linux-${version}`]);
  return { version, archive: readFileSync(file) };
}

/** Whether a process is `utopia kernel install`. */
function installs(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0install\0');
  } catch {
    return false;
  }
}

/** Puts a kernel into the store whose first process does this, behind what the source has. */
async function build(lab: Lab, tree: string, name: string, initcall?: string): Promise<void> {
  const file = join(tree, 'kernel/panic.c');
  const text = readFileSync(file, 'utf8');
  const settings = ['DUMMY=m', 'IKCONFIG=y', 'LOCALVERSION_AUTO=n', `LOCALVERSION="-${name}"`];
  if (name === 'noroot') settings.push('VIRTIO_BLK=n');
  if (initcall !== undefined) {
    const body = `static int __init trial(void) { ${initcall} return 0; }`;
    appendFileSync(file, `${body}\nlate_initcall(trial);\n`);
  }
  const options = settings.flatMap((each) => ['--set', each]);
  const config = await lab.run('kernel', 'config', tree, '--base', 'tiny', ...options);
  expect(config.status, config.stderr).toBe(name === 'noroot' ? 69 : 0);
  await succeed(lab, 'kernel', 'build', tree, '--name', name);
  writeFileSync(file, text);
}

test(
  'a source is fetched, configured, built, booted and installed; kernels that do not come up, a lost /boot and a regression are got over',
  { timeout: 10_800_000 },
  async () => {
    using packing = temporaryFolder();
    const { version, archive } = packRelease(packing.path);
    const name = `v6.x/linux-${version}.tar.xz`;
    const sum = createHash('sha256').update(archive).digest('hex');
    await using mirror = await startSourceMirror({
      'releases.json': Buffer.from(`{"latest_stable": {"version": "${version}"}, "releases": []}`),
      [name]: archive,
      'v6.x/sha256sums.asc': Buffer.from(`${sum}  linux-${version}.tar.xz\n`),
    });
    await using lab = await makeLab({ backing: await testImage() });
    // make takes no path with a blank, which a lab's folder has.
    using sources = temporaryFolder();
    const tree = join(sources.path, 'linux');
    await succeed(lab, 'kernel', 'get', version, tree, '--from', mirror.url);

    // A system call of one's own, as the page has it.
    for (const { language, text } of readBlocks('hello-syscall.md')) {
      if (language === 'diff') execFileSync('patch', ['-p1', '-d', tree], { input: text });
    }
    await build(lab, tree, 'mine');
    await succeed(lab, 'up', '--detach', '--kernel', 'mine');
    const own = `${version}-mine`;
    expect(await inGuest(lab, 'uname -r; modprobe dummy && echo inserted')).toBe(
      `${own}\ninserted`,
    );
    const call = `perl -e 'print syscall(548, 7), "\\n"' && dmesg | grep -c 'Hello, World! flag is 7'`;
    expect(await inGuest(lab, call)).toBe('0\n1');
    await succeed(lab, 'down');

    await succeed(lab, 'up', '--detach');
    const old = await inGuest(lab, 'uname -r');
    expect(old).not.toBe(own);
    await succeed(lab, 'kernel', 'install', 'mine');
    expect(await inGuest(lab, 'uname -r')).toBe(own);
    await succeed(lab, 'down');
    await succeed(lab, 'up', '--detach');
    expect(await inGuest(lab, 'uname -r')).toBe(own);

    // Three that do not come up. The terminal of the last two is closed while the guest reboots.
    await build(lab, tree, 'panic', '*(volatile int *)0x28 = 1;');
    await build(lab, tree, 'hang', 'for (;;) cpu_relax();');
    await build(lab, tree, 'noroot');
    const panicked = await lab.run('kernel', 'install', 'panic', '--no-snapshot');
    expect(panicked.status, panicked.stderr).toBe(70);
    expect(panicked.stderr).toContain('trial');
    expect(await inGuest(lab, 'uname -r')).toBe(own);
    for (const bad of ['hang', 'noroot']) {
      const line = `utopia kernel install ${bad} --no-snapshot --stall 60`;
      const typed = startOnTerminal(lab, line);
      await typed.sees(/reboot/);
      // The other end of the terminal is gone then, and the kernel sends SIGHUP.
      typed.child.kill('SIGKILL');
      await typed.ended;
      const isGone = (): boolean => !lab.processes().some(installs);
      await expect.poll(isGone, { timeout: 1_800_000, interval: 1_000 }).toBe(true);
      expect(await inGuest(lab, 'uname -r; ls /boot')).toMatch(
        new RegExp(`^${own.replaceAll('.', '\\.')}\n[^]*^vmlinuz-.*-${bad}$`, 'm'),
      );
      expect(await succeed(lab, 'kernel', 'default')).toMatch(
        new RegExp(`^${own.replaceAll('.', '\\.')} +default, runs`, 'm'),
      );
    }

    await inGuest(lab, 'echo precious > /root/work; rm -rf /boot/*; sync');
    await succeed(lab, 'down');
    expect((await lab.run('up', '--detach')).status).toBe(69);
    await succeed(lab, 'rescue', '--detach');
    expect(await inGuest(lab, 'cat /root/work')).toBe('precious');
    await succeed(lab, 'down');

    // Eight commits, of which the fifth answers something else.
    writeFileSync(join(tree, '.gitignore'), '/*\n!/kernel/\n*.o\n*.cmd\n*.a\n');
    gitIn(tree, 'init', '--quiet', '--initial-branch=main');
    gitIn(tree, 'add', '--force', 'kernel/hello.c', '.gitignore');
    gitIn(tree, 'commit', '--quiet', '--message', 'hello: the page');
    const first = gitIn(tree, 'rev-parse', 'HEAD').trim();
    const hello = join(tree, 'kernel/hello.c');
    const commits = Array.from({ length: 8 }, (_, index) => {
      const text = readFileSync(hello, 'utf8');
      const changed =
        index === 4 ? text.replace('return 0;', 'return 1;') : `${text}/* ${index} */\n`;
      expect(changed).not.toBe(text);
      writeFileSync(hello, changed);
      return commitIn(tree, `hello: change ${index}`);
    });
    gitIn(tree, 'bisect', 'start', 'HEAD', first);
    const words = ['--config', join(lab.folder, 'utopia.config'), 'run', '--bisect'];
    const asked = ['--', 'perl', '-e', 'exit(syscall(548, 1) != 0)'];
    const git = spawn('git', ['bisect', 'run', ...lab.command, ...words, ...asked], {
      ...{ cwd: tree, env: { ...lab.env, GIT_CONFIG_NOSYSTEM: '1' } },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [git.stdout, git.stderr])
      stream.on('data', (piece: Buffer) => (said += piece.toString()));
    await once(git, 'close');
    expect(git.exitCode, said).toBe(0);
    expect(said).toContain(`${commits[4]} is the first bad commit`);
    expect(lab.processes()).toEqual([]);
  },
);
