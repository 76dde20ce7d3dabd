import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from './lab.ts';

/** A shell line that runs on a pseudo-terminal, with somebody who types. */
export interface TypedProgram {
  readonly child: ChildProcess;
  type(keys: string): void;
  /** Waits until the terminal has shown it; rejects when the program ends first. */
  sees(pattern: RegExp): Promise<void>;
  /** All that the terminal has shown. */
  shown(): string;
  /** Exit status of the shell line. */
  readonly ended: Promise<number | null>;
}

/**
 * Runs a shell line in the lab's folder on a terminal of 24 rows and 80 columns,
 * through script(1) of util-linux; `utopia` in it is the program under test.
 */
export function startOnTerminal(lab: Lab, line: string): TypedProgram {
  const [node, program] = lab.command.map((word) => `'${word}'`);
  const shell = `utopia() { ${node} ${program} "$@"; }; stty rows 24 cols 80; ${line}`;
  const child = spawn('script', ['-qec', shell, '/dev/null'], {
    cwd: lab.folder,
    env: { ...lab.env, TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  let over = false;
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, 'close').then(() => {
    over = true;
    return child.exitCode;
  });
  return {
    child,
    ended,
    type: (keys) => void child.stdin.write(keys),
    shown: () => text,
    sees: async (pattern) => {
      while (!pattern.test(text)) {
        if (over) throw new Error(`ended before it showed ${pattern}:\n${text}`);
        await sleep(20);
      }
    },
  };
}
