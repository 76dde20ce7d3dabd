import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { removeLeftAccounts } from './accounts.ts';
import { runMark } from './run-mark.ts';

/**
 * Vitest's global set-up and its end. A test that runs into its time-out never
 * comes to its clean-up: what it started is found by its mark when all tests are
 * over, and killed. Workers of vitest itself are children of this process and are
 * spared.
 */
export function setup(): void {
  process.env[runMark] ??= randomUUID();
}

export async function teardown(): Promise<void> {
  await removeLeftAccounts(process.env[runMark]);
  for (const pid of marked(`${runMark}=${process.env[runMark]}`)) {
    if (isOurs(pid)) continue;
    try {
      process.kill(pid, 'SIGKILL');
      console.error(`killed what a test left: pid ${pid}`);
    } catch {
      // It has ended meanwhile.
    }
  }
}

function marked(mark: string): number[] {
  return readdirSync('/proc')
    .filter(
      (name) => /^\d+$/.test(name) && read(`/proc/${name}/environ`).split('\0').includes(mark),
    )
    .map(Number);
}

/** This process, and whatever descends from it. */
function isOurs(pid: number): boolean {
  for (let each = pid; each > 1; each = parentOf(each)) if (each === process.pid) return true;
  return false;
}

function parentOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
