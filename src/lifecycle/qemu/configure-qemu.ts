import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { readTail } from '../../guest/file-tail.ts';
import type { ProgressDisplay } from '../../progress-events.ts';
import { parseConfigureHelp, type ConfigureHelp } from '../../qemu/configure-help.ts';
import { explainConfigure } from '../../qemu/configure-trouble.ts';
import type { QemuTree } from '../../qemu/qemu-tree.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { readKnown } from '../../system/json-file.ts';
import { isReachable } from '../../system/look.ts';
import { saysOutOfRoom } from '../../system/out-of-space.ts';
import { aText, listOf, object, oneOf } from '../../text/shape.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { PreparedQemu } from './request.ts';

/** It compiles a handful of lines. */
const helpMs = 60_000;
const mostHelpBytes = 1024 * 1024;

/**
 * Asks a tree's own configure what it offers. It writes into the folder that it is started in, so
 * that is a temporary one. Throws `qemu-build-failed` with its words where it does not run.
 */
export async function askConfigureHelp(
  { env, signal, timeoutScale }: LifecycleContext,
  { folder, version }: QemuTree,
): Promise<ConfigureHelp> {
  const cwd = await mkdtemp(join(tmpdir(), 'utopia-configure-'));
  try {
    const text = await new Promise<string>((resolve, reject) => {
      const options = {
        ...{ cwd, env: { ...env, LC_ALL: 'C' }, signal, maxBuffer: mostHelpBytes },
        ...{ timeout: Math.ceil(helpMs * timeoutScale), killSignal: 'SIGKILL' as const },
      };
      const args = [join(folder, 'configure'), '--help'];
      execFile('sh', args, options, (error, stdout, stderr) => {
        const help = parseConfigureHelp(stdout);
        // Old ones end with 1 behind their help.
        if (help.options.has('prefix')) resolve(stdout);
        else if (signal.aborted) reject(signal.reason as Error);
        else {
          const lines = `${stdout}\n${stderr}`.split('\n');
          reject(
            describeFailure(`The configure of QEMU ${version} does not run.`, lines, '', error),
          );
        }
      });
    });
    return parseConfigureHelp(text);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

const noteShape = object({
  schema: oneOf(1),
  /** What configure was given when it last succeeded here. */
  words: listOf(aText),
});

/** In the folder of objects: with which options configure last succeeded there. */
const noteFile = '.utopia-configure.json';

/** Runs a program of a build to its end, and gives whether it succeeded. */
export type RunInBuild = (
  argv: readonly string[],
  onLine: (line: string) => void,
) => Promise<boolean>;

/** Lines that are kept of what configure prints, to find its reason in. */
const keptLines = 200;

/**
 * Configures, unless this was done with the same options before: make itself does it again where
 * the source has changed. Throws `qemu-build-failed` with configure's reason.
 */
export async function configureQemu(
  { tree, out, configureWords }: PreparedQemu,
  run: RunInBuild,
  log: string,
  display: ProgressDisplay,
): Promise<void> {
  const note = join(out, noteFile);
  const known = await readKnown(note, noteShape);
  const isDone =
    (await isReachable(join(out, 'config-host.mak'))) &&
    known !== undefined &&
    JSON.stringify(known.words) === JSON.stringify(configureWords);
  if (isDone) return;
  await rm(note, { force: true });
  const title = 'configure';
  display.report({ kind: 'started', title });
  const startedAt = performance.now();
  const lines: string[] = [];
  const argv = ['sh', join(tree.folder, 'configure'), ...configureWords];
  const succeeded = await run(argv, (line) => {
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
    if (line.trim() !== '') display.report({ kind: 'moved', title, detail: line.trim() });
  });
  if (!succeeded) {
    display.report({ kind: 'failed', title });
    throw describeFailure('QEMU was not configured.', lines, await readLogs(out), undefined, log);
  }
  await writeFileAtomically(note, `${JSON.stringify({ schema: 1, words: configureWords })}\n`);
  const elapsedMs = performance.now() - startedAt;
  display.report({ kind: 'finished', title, detail: `QEMU ${tree.version}`, elapsedMs });
}

const logBytes = 64 * 1024;

/** The end of meson's log, or of configure's own in an old version. */
async function readLogs(out: string): Promise<string> {
  for (const name of ['meson-logs/meson-log.txt', 'config.log']) {
    const tail = await readTail(join(out, name), logBytes).catch(() => undefined);
    if (tail !== undefined) return tail.bytes.toString('utf8');
  }
  return '';
}

function describeFailure(
  what: string,
  lines: readonly string[],
  logs: string,
  cause: unknown,
  log?: string,
): UtopiaError {
  if (lines.some((line) => saysOutOfRoom(line))) {
    return new UtopiaError('disk-full', `${what} There is no room left.`, {
      hint: 'Free some space; the same command goes on from where it stopped.',
    });
  }
  const { reason, step } = explainConfigure(lines, logs);
  return new UtopiaError('qemu-build-failed', what, {
    details: [...reason.map((line) => `| ${line}`), ...(log === undefined ? [] : [`Logs ${log}`])],
    ...(step === undefined ? {} : { hint: step }),
    cause,
  });
}
