import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { program, type BenchLab } from './lab.ts';

/** What an `up` in the foreground may occupy. */
const goalMB = 80;
/** A while after the boot: what is only needed to start has been given back by then. */
const settleMs = 5_000;

/** Memory of our own processes while a machine runs: beside it in the foreground, and detached. */
export async function benchMemory(lab: BenchLab): Promise<void> {
  const up = spawn(process.execPath, [program, 'up'], {
    cwd: lab.folder,
    env: lab.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(up, 'exit');
  let card = '';
  up.stdout.on('data', (chunk: Buffer) => (card += chunk.toString()));
  while (!/^ {2}stop/m.test(card)) {
    if (up.exitCode !== null) throw new Error(`utopia up ended with ${up.exitCode}`);
    await sleep(100);
  }
  await sleep(settleMs);
  const status = readFileSync(`/proc/${up.pid}/status`, 'utf8');
  const [steady, peak] = ['VmRSS', 'VmHWM'].map((field) => megabytes(status, field));
  const foreground = ownProcesses(lab);
  up.kill('SIGINT');
  await ended;

  const detached = ['up', '--detach', '--no-wait', '--quiet'];
  spawnSync(process.execPath, [program, ...detached], { cwd: lab.folder, env: lab.env });
  const behind = ownProcesses(lab);
  spawnSync(process.execPath, [program, 'down', '--force'], { cwd: lab.folder, env: lab.env });

  console.log('\n## Memory of our own processes\n\n| | processes | resident MB | at most |');
  console.log('| --- | ---: | ---: | ---: |');
  console.log(`| utopia up, watching | ${foreground} | ${steady} | ${peak} |`);
  console.log(`| utopia up --detach, afterwards | ${behind} | 0 | 0 |`);
  console.log(`\nGoals: under ${goalMB} MB in the foreground, no process detached.`);
}

/** Processes started from this lab that are not QEMU. */
function ownProcesses(lab: BenchLab): number {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      // Also the shell in front of QEMU, which has not become it yet.
      const isQemu = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('qemu-system');
      return environment.includes(`HOME=${lab.folder}`) && !isQemu;
    } catch {
      return false;
    }
  }).length;
}

/** A field of /proc/PID/status, which has kB (proc(5)), in MB. */
function megabytes(status: string, field: string): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return Math.round((Number(kilobytes) * 1024) / 1e6);
}
