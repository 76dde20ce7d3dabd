import { UtopiaError } from '../../errors.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { gitWords, runGit } from '../../system/git.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { KernelClone } from './find-clone.ts';

/** A clone without the history gets one commit, any other what lies between: an hour of a slow line. */
const fetchMs = 3_600_000;
/** A line on which nothing comes for a minute is given up on. */
const speedLimit = ['-c', 'http.lowSpeedLimit=1000', '-c', 'http.lowSpeedTime=60'] as const;

type FetchContext = Pick<LifecycleContext, 'env' | 'signal' | 'asker'>;

/**
 * Fetches a tag from `origin`, or the only remote, with consent (`fetch`, or the answer to a
 * question); gives its name. Throws `kernel-unknown`, `consent-needed`, `download-failed`.
 */
export async function fetchTag(
  context: FetchContext,
  {
    clone,
    name,
    fetch,
  }: {
    readonly clone: KernelClone;
    readonly name: string;
    readonly fetch: boolean;
  },
  display: ProgressDisplay,
): Promise<string> {
  const { env, signal, asker } = context;
  const tag = /^\d/.test(name) ? `v${name}` : name;
  const missing = `${clone.folder} has no tag ${tag}`;
  const remote = await chooseRemote(context, clone);
  if (remote === undefined) {
    throw new UtopiaError('kernel-unknown', `${missing}, and no remote to fetch it from.`, {
      hint: `Fetch it yourself: git -C ${quoteForShell(clone.folder)} fetch REMOTE tag ${tag}`,
    });
  }
  const from = `${remote.name} (${remote.shown})`;
  if (!fetch && !asker.present) {
    throw new UtopiaError('kernel-unknown', `${missing}. Nothing is fetched unasked.`, {
      hint: `From ${from}: the same command with --fetch`,
    });
  }
  const question = `${missing}. Fetch it from ${from}?`;
  if (!(await asker.confirm(question, { assumeYes: fetch, defaultYes: true, signal }))) {
    throw new UtopiaError('consent-needed', 'Nothing was fetched.', {
      hint: 'As a release of kernel.org: utopia kernel get VERSION, in a folder outside of the clone',
    });
  }
  const title = 'fetch';
  display.report({ kind: 'started', title: `${title} ${tag}` });
  const startedAt = performance.now();
  const depth = clone.isShallow ? ['--depth', '1'] : [];
  const refs = `refs/tags/${tag}:refs/tags/${tag}`;
  const args = ['fetch', '--no-tags', '--no-recurse-submodules', ...depth, remote.name, refs];
  const end = await runGit([...speedLimit, ...args], {
    ...{ cwd: clone.folder, env, signal, timeoutMs: fetchMs },
  });
  if (end.status !== 0) {
    const isUnknown = end.stderr.includes("couldn't find remote ref");
    throw new UtopiaError(
      isUnknown ? 'kernel-unknown' : 'download-failed',
      isUnknown ? `${from} has no tag ${tag}.` : `${tag} could not be fetched from ${from}.`,
      {
        details: isUnknown ? [] : gitWords(end),
        hint: isUnknown
          ? `Tags of stable releases are in the stable tree: git -C ${quoteForShell(clone.folder)} remote -v`
          : `See what git says: git -C ${quoteForShell(clone.folder)} fetch ${remote.name} tag ${tag}`,
      },
    );
  }
  display.report({
    kind: 'finished',
    title,
    detail: tag,
    elapsedMs: performance.now() - startedAt,
  });
  return tag;
}

/** `origin`, or the only one; with its address, without a password in it. */
async function chooseRemote(
  { env, signal }: FetchContext,
  { folder }: KernelClone,
): Promise<{ readonly name: string; readonly shown: string } | undefined> {
  const run = { cwd: folder, env, signal };
  const names = (await runGit(['remote'], run)).stdout.split('\n').filter(Boolean);
  const name =
    names.find((each) => each === 'origin') ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined || name.startsWith('-')) return undefined;
  const { stdout } = await runGit(['remote', 'get-url', name], run);
  return {
    name,
    shown: stdout
      .trim()
      .replace(/\/\/[^/@]*@/, '//')
      .slice(0, 200),
  };
}
