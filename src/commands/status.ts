import { stat } from 'node:fs/promises';
import type { Context, GlobalOptions } from '../context.ts';
import { readSshBanner } from '../guest/ssh-banner.ts';
import type { MachinePaths } from '../machine/paths.ts';
import { reachable } from '../machine/plan.ts';
import { findRunning, readState, writeState, type RunningMachine } from '../machine/state.ts';
import { homeFolder } from '../places.ts';
import { connectQmp } from '../qmp/client.ts';
import { queryDiskFull, queryStatus } from '../qmp/queries.ts';
import { connectionCard, shorten } from '../ui/card.ts';
import { formatBytes, formatDuration } from '../ui/format.ts';
import { locateMachine, type LocatedMachine } from './locate.ts';

/** A guest that is up answers within this time, also under emulation. */
const bannerTimeoutMs = 700;

/** How a machine stands, in one word. */
type MachineCondition =
  'stopped' | 'booting' | 'running' | 'paused' | 'out-of-space' | 'panicked' | 'not-answering';

const conditionTexts: Readonly<Record<MachineCondition, string>> = {
  stopped: 'is not running',
  booting: 'is booting',
  running: 'is running',
  paused: 'is paused',
  'out-of-space': 'stands still: the disk of the host is full',
  panicked: 'stands still: its kernel has panicked',
  'not-answering': 'runs, but its QEMU does not answer',
};

/** `utopia status`: whether the machine runs, since when, and how to reach it. */
export async function runStatus(context: Context, globals: GlobalOptions): Promise<void> {
  const located = await locateMachine(context, globals);
  const running = await findRunning(located.paths);
  const state = running?.state ?? (await readState(located.paths));
  const condition = await findCondition(running, located.paths, context.now);
  const overlayBytes = await allocatedBytes(located.config.privateFile);

  if (globals.json) {
    context.terminal.out(
      JSON.stringify({
        schema: 1,
        name: located.config.name,
        id: located.paths.id,
        folder: located.config.folder,
        state: condition,
        pid: running?.qemu.pid,
        startedAt: running === undefined ? undefined : state?.startedAt,
        readyAt: running?.state?.readyAt,
        accelerator: running?.state?.plan.accelerator,
        qemu: running?.state?.qemuVersion,
        ssh: running?.state?.ssh,
        vnc: running?.state?.plan.vnc,
        sharedDir: running?.state?.plan.sharedDir,
        overlay: { path: located.config.privateFile, bytes: overlayBytes },
        backingFile: running?.state?.backingFile,
        consoleLog: located.paths.consoleLog,
        qemuLog: located.paths.qemuLog,
      }),
    );
    return;
  }
  for (const line of describe(context, located, running, condition, overlayBytes)) {
    context.terminal.out(line);
  }
}

async function findCondition(
  running: RunningMachine | undefined,
  paths: MachinePaths,
  now: () => Date,
): Promise<MachineCondition> {
  if (running === undefined) return 'stopped';
  try {
    const client = await connectQmp(running.state?.plan.files.qmpSocket ?? paths.qmpSocket);
    try {
      const { status } = await queryStatus(client);
      if (status === 'io-error' && (await queryDiskFull(client))) return 'out-of-space';
      if (status === 'guest-panicked') return 'panicked';
      if (status !== 'running') return 'paused';
      return (await isReady(running, paths, now)) ? 'running' : 'booting';
    } finally {
      client.close();
    }
  } catch {
    // QEMU opens its monitor a moment after it has started.
    return running.state?.readyAt === undefined ? 'booting' : 'not-answering';
  }
}

/** Where nobody waited for SSH, it is asked for now, and the answer is kept. */
async function isReady(
  { state }: RunningMachine,
  paths: MachinePaths,
  now: () => Date,
): Promise<boolean> {
  if (state === undefined || state.readyAt !== undefined) return true;
  const { host, port } = state.ssh;
  const banner = await readSshBanner({ host: reachable(host), port, timeoutMs: bannerTimeoutMs });
  if (banner === undefined) return false;
  await writeState(paths, { ...state, readyAt: now().toISOString() });
  return true;
}

function describe(
  context: Context,
  { config, paths }: LocatedMachine,
  running: RunningMachine | undefined,
  condition: MachineCondition,
  overlayBytes: number | undefined,
): string[] {
  const home = homeFolder(context.env);
  const short = (path: string): string => shorten(path, context.cwd, home);
  const lines = [`${config.name} ${conditionTexts[condition]}.`];
  const disk = short(config.privateFile);
  lines.push(
    overlayBytes === undefined
      ? `  disk     ${disk} (made by the first utopia up)`
      : `  disk     ${disk}, ${formatBytes(overlayBytes)} of yours`,
  );
  const state = running?.state;
  if (running === undefined) return lines;
  if (state !== undefined) {
    const age = context.now().getTime() - Date.parse(state.startedAt);
    const speed = state.plan.accelerator === 'kvm' ? 'KVM' : 'software emulation';
    lines.push(
      `  since    ${formatDuration(age)}, pid ${running.qemu.pid}, QEMU ${state.qemuVersion}, ${speed}`,
      ...connectionCard(
        {
          ssh: state.ssh,
          vnc: state.plan.vnc,
          sharedDir: state.plan.sharedDir,
          consoleLog: paths.consoleLog,
          foreground: false,
        },
        context.cwd,
        home,
      ),
    );
  }
  return lines;
}

/** Bytes on disk; undefined when there is no such file. st_blocks counts 512-byte units (stat(2)). */
async function allocatedBytes(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).blocks * 512;
  } catch {
    return undefined;
  }
}
