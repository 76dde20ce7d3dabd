import { execFileSync, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A network namespace with nothing but a loopback device. */
export interface Network extends Disposable {
  /** Put before a command, it runs in there. */
  readonly within: readonly [string, ...string[]];
  /** An address in there that is not of 127.0.0.0/8: one for documentation (RFC 5737). */
  readonly address: string;
}

/** Makes a network that nobody else is in, as long as it is not disposed of. Needs root. */
export async function makeNetwork(): Promise<Network> {
  const holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
  const ours = readlinkSync('/proc/self/ns/net');
  const file = `/proc/${holder.pid}/ns/net`;
  while (readlinkSync(file) === ours) await sleep(10);
  const within = ['nsenter', `--net=${file}`] as const;
  const address = '192.0.2.7';
  const run = (...args: readonly string[]): void =>
    void execFileSync('nsenter', [`--net=${file}`, 'ip', ...args]);
  run('link', 'set', 'lo', 'up');
  run('address', 'add', `${address}/32`, 'dev', 'lo');
  return { within, address, [Symbol.dispose]: () => void holder.kill('SIGKILL') };
}
