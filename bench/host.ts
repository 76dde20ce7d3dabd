import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { readFileSync } from 'node:fs';

/** One paragraph: on what the figures below it were measured. */
export function describeHost(): string {
  const qemu = /version (\S+)/.exec(run('qemu-system-x86_64', '--version'))?.[1] ?? 'unknown';
  const os = /^PRETTY_NAME="(.*)"/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  const memory = Math.round(totalmem() / 2 ** 30);
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  const load = readFileSync('/proc/loadavg', 'utf8').split(' ')[0];
  const commit = run('git', 'rev-parse', '--short', 'HEAD').trim();
  return [
    `${new Date().toISOString().slice(0, 10)}, commit ${commit}: ${os}, ${cpus().length} × ${processor},`,
    `${memory} GiB, Node ${process.version}, QEMU ${qemu}; load ${load} at the start.`,
  ].join('\n');
}

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8' });
}
