import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchLab } from './lab.ts';
import { median, sampleHead, sampleInTurn, sampleRow, timeProcess } from './sampling.ts';

/** `utopia --version` and `utopia doctor` over `node -e 0`, whole processes; `other` is another checkout's lab. */
export async function benchStartUp(
  lab: BenchLab,
  rounds: number,
  other: BenchLab | undefined,
): Promise<void> {
  const { folder: cwd, env, program } = lab;
  const node = process.execPath;
  const samples = await sampleInTurn(rounds, {
    'node -e 0': () => timeProcess(node, ['-e', '0'], { cwd, env }),
    'utopia --version': () => timeProcess(node, [program, '--version'], { cwd, env }),
    'utopia doctor': () => timeProcess(node, [program, 'doctor'], { cwd, env }),
    'utopia doctor, nothing remembered': () => doctorWithoutCache(lab),
    ...(other === undefined ? {} : { 'utopia doctor, the other': () => other.utopia('doctor') }),
  });
  const [bare = Number.NaN, version = Number.NaN, doctor = Number.NaN, cold = Number.NaN, before] =
    samples.map(({ ms }) => median(ms));
  console.log(`\n## Start-up (${rounds} rounds in turn)\n\n${sampleHead}`);
  for (const sample of samples) console.log(sampleRow(sample));
  console.log(`\nutopia --version / node -e 0: ${(version / bare).toFixed(2)} (goal: at most 1.2)`);
  console.log(`utopia doctor / node -e 0: ${(doctor / bare).toFixed(2)} (goal: at most 3)`);
  console.log(`utopia doctor, nothing remembered: ${cold.toFixed(0)} ms (goal: at most 1500 ms)`);
  if (before !== undefined) {
    console.log(`utopia doctor / the other's: ${(doctor / before).toFixed(2)} (goal: at most 1)`);
  }
}

/** Asks QEMU for its lists, runs the canaries and times the loop. */
function doctorWithoutCache({ folder: cwd, env, program }: BenchLab): number {
  const cache = join(cwd, 'empty-cache');
  rmSync(cache, { recursive: true, force: true });
  return timeProcess(process.execPath, [program, 'doctor'], {
    cwd,
    env: { ...env, XDG_CACHE_HOME: cache },
  });
}

/** From the command to QEMU's first instruction: through `up`, and by hand. */
export async function benchLaunch(
  lab: BenchLab,
  rounds: number,
  other: BenchLab | undefined,
): Promise<void> {
  const argv = plannedArgv(lab);
  if (other !== undefined) plannedArgv(other);
  const samples = await sampleInTurn(rounds, {
    'QEMU by hand': async () => await launchByHand(lab, argv),
    'utopia up --detach --no-wait': async () => await launchThroughUp(lab),
    ...(other === undefined
      ? {}
      : { 'the same, the other': async () => await launchThroughUp(other) }),
  });
  const [byHand = Number.NaN, through = Number.NaN, before] = samples.map(({ ms }) => median(ms));
  console.log(`\n## From the command to QEMU's start (${rounds} rounds in turn)\n\n${sampleHead}`);
  for (const sample of samples) console.log(sampleRow(sample));
  console.log(`\nmore through up: ${(through - byHand).toFixed(0)} ms (goal: at most 150 ms)`);
  if (before !== undefined) {
    console.log(`more through the other's up: ${(before - byHand).toFixed(0)} ms`);
  }
}

/** QEMU's arguments as `up` would give them. The first call also fills the caches. */
export function plannedArgv(lab: BenchLab): string[] {
  const { stdout } = spawnSync(process.execPath, [lab.program, 'up', '--dry-run', '--json'], {
    cwd: lab.folder,
    env: lab.env,
    encoding: 'utf8',
  });
  return (JSON.parse(stdout) as { readonly argv: string[] }).argv;
}

async function launchThroughUp(lab: BenchLab): Promise<number> {
  rmSync(lab.stampFile, { force: true });
  const startedAt = Date.now();
  timeProcess(process.execPath, [lab.program, 'up', '--detach', '--no-wait', '--quiet'], {
    cwd: lab.folder,
    env: lab.env,
  });
  const ms = (await readStamp(lab)) - startedAt;
  timeProcess(process.execPath, [lab.program, 'down', '--force'], {
    cwd: lab.folder,
    env: lab.env,
  });
  return ms;
}

async function launchByHand(lab: BenchLab, argv: readonly string[]): Promise<number> {
  rmSync(lab.stampFile, { force: true });
  prepareByHand(lab, argv);
  const startedAt = Date.now();
  const child = spawn(lab.qemu, argv, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const ms = (await readStamp(lab)) - startedAt;
  child.kill('SIGKILL');
  await ended;
  return ms;
}

/** What `up` has made before it starts QEMU: overlay, share, folders for logs and sockets. */
export function prepareByHand(lab: BenchLab, argv: readonly string[]): void {
  const pidFile = argv[argv.indexOf('-pidfile') + 1] ?? '';
  mkdirSync(join(pidFile, '..'), { recursive: true });
  const socket = /path=([^,]+qmp\.sock)/.exec(argv.join(' '))?.[1] ?? '';
  mkdirSync(join(socket, '..'), { recursive: true });
  mkdirSync(join(lab.folder, 'shared'), { recursive: true });
  const overlay = join(lab.folder, 'private.qcow2');
  rmSync(overlay, { force: true });
  rmSync(`${overlay}.utopia.json`, { force: true });
  spawnSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', lab.image, overlay]);
}

async function readStamp(lab: BenchLab): Promise<number> {
  for (;;) {
    try {
      const text = readFileSync(lab.stampFile, 'utf8');
      if (text !== '') return Number(text) * 1000;
    } catch {
      // QEMU has not started yet.
    }
    await sleep(1);
  }
}
