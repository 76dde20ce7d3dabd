import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const program = join(import.meta.dirname, 'stand-in-qemu/main.mjs');

/** What happens in one step; stand-in-qemu/README.md explains each field. */
export interface StandInStep {
  readonly afterClient?: true;
  readonly whenTold?: true;
  readonly afterMs?: number;
  readonly boot?: true;
  readonly firmware?: string;
  readonly console?: string;
  readonly stderr?: string;
  readonly event?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly status?: string;
  readonly processors?: 'idle' | 'busy' | 'halted' | 'panicked' | 'locked-up';
  readonly ssh?: 'silent' | 'banner' | 'closed';
  readonly transcript?: string;
  readonly exit?: number;
  readonly signal?: NodeJS.Signals;
}

export interface StandInScenario {
  readonly version?: string;
  readonly devices?: readonly string[];
  readonly netdevs?: readonly string[];
  readonly accelerators?: readonly string[];
  readonly objects?: readonly string[];
  readonly sandbox?: boolean;
  /** With what it ends when it is to run a guest of one sector; without, it takes it for a machine. */
  readonly sector?: number;
  readonly dieAtOnce?: {
    readonly code?: number;
    readonly signal?: NodeJS.Signals;
    readonly stderr?: string;
  };
  readonly openAfterMs?: number;
  readonly neverOpen?: boolean;
  readonly greet?: boolean;
  readonly ssh?: 'silent' | 'banner' | 'closed';
  readonly banner?: string;
  readonly onPowerdown?: 'shutdown' | 'ignore';
  readonly powerdownMs?: number;
  readonly onQuit?: 'exit' | 'ignore';
  readonly onTerminate?: 'exit' | 'ignore';
  readonly deafTo?: readonly string[];
  readonly monitor?: Readonly<Record<string, string>>;
  /** Number of the first forward at which somebody else is connected, too. */
  readonly strangerFrom?: number;
  /** What the console shows when a chord is pressed, by QEMU's key codes: `alt-sysrq-t`. */
  readonly keys?: Readonly<Record<string, string>>;
  readonly dump?: {
    readonly notes?: boolean;
    readonly pieces?: number;
    readonly betweenMs?: number;
  };
  /** Why it cannot be saved. */
  readonly blockers?: readonly string[];
  readonly steps?: readonly StandInStep[];
  /** What a reset plays; the default is a boot. */
  readonly afterReset?: readonly StandInStep[];
}

/** The stand-in, installed like a QEMU. */
export interface StandIn {
  /** For QEMU_BUILD_DIR. */
  readonly prefix: string;
  readonly binary: string;
  /** Lines that came for the human monitor, of every start. */
  monitored(): string[];
  /** Lets steps with `whenTold` come. */
  tell(): void;
  /** Changes what the next start plays. */
  setScenario(scenario: StandInScenario): void;
}

/**
 * Installs the stand-in into `folder`/qemu: `bin/qemu-system-x86_64` plays the
 * scenario, `bin/qemu-img` is the host's own (absent where the host has none).
 */
export function installStandIn(folder: string, scenario: StandInScenario = {}): StandIn {
  const prefix = join(folder, 'qemu');
  const binary = join(prefix, 'bin/qemu-system-x86_64');
  const scenarioFile = join(prefix, 'scenario.json');
  mkdirSync(join(prefix, 'bin'), { recursive: true });
  const setScenario = (next: StandInScenario): void =>
    writeFileSync(scenarioFile, JSON.stringify(next));
  setScenario(scenario);
  // A shell in between keeps the pid: exec, not a child.
  const lines = [
    '#!/bin/sh',
    `STAND_IN_SCENARIO=${quote(scenarioFile)} exec ${quote(process.execPath)} ${quote(program)} "$@"`,
  ];
  writeFileSync(binary, `${lines.join('\n')}\n`);
  chmodSync(binary, 0o755);
  const img = findProgram('qemu-img');
  if (img !== undefined) symlinkSync(img, join(prefix, 'bin/qemu-img'));
  const monitored = (): string[] =>
    existsSync(`${scenarioFile}.monitored`)
      ? readFileSync(`${scenarioFile}.monitored`, 'utf8').trimEnd().split('\n')
      : [];
  const tell = (): void => writeFileSync(`${scenarioFile}.told`, '');
  return { prefix, binary, monitored, tell, setScenario };
}

function findProgram(name: string): string | undefined {
  try {
    return execFileSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', name]).toString().trim();
  } catch {
    return undefined;
  }
}

/** A word for the shell, whatever stands in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
