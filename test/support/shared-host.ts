import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAccount, removeLeftAccounts, type Account } from './accounts.ts';
import { testImage } from './image.ts';
import type { RunResult } from './lab.ts';
import { machinePaths } from '../../src/machine/paths.ts';
import { installForAll } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Something that the intruder has seen or done (test/support/intruder). */
export interface Seen {
  readonly at: number;
  /** `address:port`. */
  readonly where?: string;
  readonly what: 'ready' | 'listener' | 'nothing' | 'answer' | 'refused' | 'login';
  readonly said?: string;
}

/** The other account's program that attacks every listener of the owner, while it runs. */
export interface Intruder extends AsyncDisposable {
  /** What came of it so far. */
  seen(): readonly Seen[];
}

/** One host with two people on it, each with a real account; the machine is the owner's. */
export interface SharedHost extends AsyncDisposable {
  /** Where both may make files, as in /tmp. */
  readonly folder: string;
  readonly owner: Account;
  readonly other: Account;
  /** The owner's lab: every account may enter and list it. */
  readonly lab: string;
  readonly paths: ReturnType<typeof machinePaths>;
  writeConfig(...lines: readonly string[]): void;
  /** utopia as the owner, in the lab. */
  utopia(...words: readonly string[]): Promise<RunResult>;
  /** The same as the other account, in its home. */
  otherUtopia(...words: readonly string[]): Promise<RunResult>;
  startIntruder(): Promise<Intruder>;
}

/** Makes two accounts, and a lab of one of them over the minimal image; needs root. */
export async function makeSharedHost(): Promise<SharedHost> {
  await removeLeftAccounts(undefined);
  const temporary = temporaryFolder();
  const folder = temporary.path;
  const accounts: Account[] = [];
  const dispose = async (): Promise<void> => {
    for (const account of accounts) await account[Symbol.asyncDispose]();
    temporary[Symbol.dispose]();
  };
  const account = (name: string): Account => {
    const made = makeAccount(`ut-${name}-${process.pid}`, folder);
    accounts.push(made);
    return made;
  };
  try {
    chmodSync(folder, 0o1777);
    const owner = account('anna');
    const other = account('babis');
    const program = join(installForAll(folder, 'test/support/intruder'), 'bin/utopia.js');
    const image = join(folder, 'image.raw');
    lendImage(await testImage(), image);
    const lab = join(owner.home, 'lab');
    mkdirSync(lab);
    chownSync(lab, owner.uid, owner.uid);
    chmodSync(lab, 0o755);
    const config = join(lab, 'utopia.config');
    const paths = machinePaths({ file: config }, { HOME: owner.home, TMPDIR: folder }, owner.uid);

    async function startIntruder(): Promise<Intruder> {
      const nest = join(other.home, `intruder-${Date.now()}`);
      mkdirSync(nest);
      chownSync(nest, other.uid, other.uid);
      const main = join(folder, 'program/intruder/main.mjs');
      const child = other.start([process.execPath, main, String(owner.uid), nest]);
      let complaints = '';
      child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
      const log = join(nest, 'seen');
      const seen = (): Seen[] =>
        readFileSync(log, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line) as Seen);
      const ended = new Promise((resolve) => child.once('close', resolve));
      const isReady = (): boolean => {
        try {
          return seen().length > 0;
        } catch {
          return false;
        }
      };
      while (!isReady()) {
        if (child.exitCode !== null) throw new Error(`the intruder ended: ${complaints}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return {
        seen,
        [Symbol.asyncDispose]: async () => {
          child.kill('SIGKILL');
          await ended;
        },
      };
    }

    return {
      ...{ folder, owner, other, lab, paths, startIntruder },
      writeConfig: (...lines) => {
        writeFileSync(config, [`QCOW2_BACKING_FILE='${image}'`, ...lines, ''].join('\n'));
        chownSync(config, owner.uid, owner.uid);
      },
      utopia: async (...words) =>
        await owner.run([process.execPath, program, ...words], { cwd: lab }),
      otherUtopia: async (...words) => await other.run([process.execPath, program, ...words]),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The tests' cache may be in a folder that no other account can enter. */
function lendImage(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Another file system: eight gigabytes, mostly holes.
    execFileSync('cp', ['--sparse=always', from, to]);
    chmodSync(to, 0o444);
  }
}
