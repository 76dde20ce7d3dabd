import { readdir, readlink } from 'node:fs/promises';
import { UtopiaError } from '../errors.ts';
import { guidePassword, openAskpass } from './askpass.ts';
import { scpArgv, type ScpStyle } from './scp-argv.ts';
import { lossOf } from './shared-connection.ts';
import { reachGuest } from './ssh.ts';
import type { GuestAccess } from './guest-access.ts';
import { findSshVersion, runSshProgram } from './ssh-program.ts';

/** Files to copy over the shared connection. Local paths are absolute; the guest's start at the account's home. */
export interface CopyRequest extends Pick<
  ScpStyle,
  'direction' | 'sources' | 'target' | 'preserve'
> {
  /** scp draws its progress on stderr, which is a terminal. */
  readonly progress: boolean;
}

/** How often it is looked which file is on its way: often enough for any that takes a second. */
const lookMs = 150;

/**
 * Copies files and folders between host and guest. Throws `copy-failed` with
 * scp's own words, `interrupted`, or what reachGuest throws; all of them name the
 * file that was on its way, since only a part of it has arrived.
 */
export async function copyFiles(access: GuestAccess, request: CopyRequest): Promise<void> {
  const target = await reachGuest(access, { mayAsk: true });
  await using askpass = await openAskpass(
    access.runtimeDir,
    access.env,
    guidePassword(access.login),
  );
  const argv = scpArgv(target, {
    ...request,
    quiet: !request.progress,
    version: await findSshVersion(access.env),
  });
  const { direction, sources } = request;
  const roots = direction === 'to-guest' ? sources : [request.target.replace(/\/+$/, '')];
  const underWay = followOpenFile(roots);
  try {
    const { status, stderr } = await runSshProgram('scp', argv, {
      env: askpass.env,
      signal: access.signal,
      ...lossOf(access),
      stdio: 'progress',
      // It draws only in the terminal's own group of processes.
      mayAsk: true,
      onStart: underWay.follow,
    });
    if (status !== 0) throw explainScp(stderr, status, underWay.file());
  } catch (error) {
    if (!access.signal.aborted) throw error;
    const file = underWay.file();
    throw new UtopiaError('interrupted', 'Interrupted while copying.', {
      details: file === undefined ? [] : [incomplete(file)],
    });
  } finally {
    underWay.stop();
  }
}

function explainScp(stderr: string, status: number, file: string | undefined): UtopiaError {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim().replace(/^scp: /, ''))
    .filter((line) => line !== '');
  const lost = /connection (?:closed|reset)|lost connection|broken pipe/i.test(stderr);
  const [first = `scp ended with status ${status}`] = lines;
  // A complaint about one file says nothing about another one that was open at the last look.
  const part = lost && file !== undefined ? [incomplete(file)] : [];
  return new UtopiaError(
    'copy-failed',
    lost ? 'The connection ended while copying.' : `Not everything was copied: ${first}`,
    {
      details: [...(lost ? lines : lines.slice(1)).slice(-6), ...part],
      hint: lost
        ? 'utopia status shows whether the guest is up.'
        : 'A path behind : starts at the home of the account in the guest (-l NAME).',
    },
  );
}

function incomplete(file: string): string {
  return `Incomplete on the other side: ${file}`;
}

/** Looks which of the files below `roots` a process has open, as long as it runs. */
function followOpenFile(roots: readonly string[]): {
  readonly follow: (pid: number) => void;
  readonly file: () => string | undefined;
  readonly stop: () => void;
} {
  let timer: NodeJS.Timeout | undefined;
  let file: string | undefined;
  async function look(folder: string): Promise<void> {
    const names = await readdir(folder).catch(() => undefined);
    if (names === undefined) return;
    const links = await Promise.all(
      names.map((name) => readlink(`${folder}/${name}`).catch(() => '')),
    );
    file = links.find((link) => roots.some((root) => link === root || link.startsWith(`${root}/`)));
  }
  return {
    follow: (pid) => {
      timer = setInterval(() => void look(`/proc/${pid}/fd`), lookMs);
    },
    file: () => file,
    stop: () => clearInterval(timer),
  };
}
