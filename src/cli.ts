import type { RunCommand } from './cli/run-command.ts';
import { resolve } from 'node:path';
import { Command, type CommanderError } from 'commander';
import type { Context, GlobalOptions } from './context.ts';
import type { Environment } from './environment.ts';
import type { Terminal } from './ui/terminal.ts';
import { onTerminal } from './ui/reporter.ts';
import { addConfigCommands } from './cli/config.ts';
import { addOopsCommand } from './cli/crash.ts';
import { commandDescription, formatHelp, formatItem, subcommandDescription } from './cli/help.ts';
import { addDeviceCommands } from './cli/devices.ts';
import { addCrashCommands } from './cli/crashes.ts';
import { addDumpCommand } from './cli/dump.ts';
import { addSensorCommands } from './cli/sensors.ts';
import { addConsoleCommands } from './cli/console.ts';
import { addForwardCommand } from './cli/forward.ts';
import { addGuestCommands } from './cli/guest.ts';
import { addExposureCommands } from './cli/exposure.ts';
import { findOperand } from './cli/guest-words.ts';
import { addHostCommands } from './cli/host.ts';
import { addImageCommands } from './cli/image.ts';
import { addKernelCommands } from './cli/kernel.ts';
import { addQemuCommands } from './cli/qemu.ts';
import { addMachineCommands } from './cli/machine.ts';
import { addMachinesCommand, findNamed } from './cli/machines.ts';
import { addDrgnCommand, addGdbCommand } from './cli/gdb.ts';
import { addModuleCommands } from './cli/module.ts';
import { addTestCommand } from './cli/test.ts';
import { addMountCommand } from './cli/mount.ts';
import { addRescue } from './cli/rescue.ts';
import { addResetCommand } from './cli/reset.ts';
import { addRunCommand } from './cli/run.ts';
import { addTimeCommands } from './cli/time.ts';
import { addScreenCommands } from './cli/screen.ts';
import { UtopiaError } from './errors.ts';
import { utopiaVersion } from './version.ts';

/** What the process gives to a command; `-C` is applied before a command sees it. */
export interface ProcessEnvironment {
  /** Undefined where the current folder is gone. */
  readonly cwd: string | undefined;
  readonly env: Environment;
  readonly program: readonly string[];
  readonly commandLine: readonly string[];
  /** What was typed after the program's name. */
  readonly words: readonly string[];
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly urgentSignal: AbortSignal;
  readonly timeoutScale: number;
}

type AddCommands = (program: Command, runCommand: RunCommand) => void;

/**
 * The commands that each part of the tree brings. A new one also has its line in
 * cli/help.ts, and its row in test/support/command-table.ts.
 */
const parts: readonly (readonly [AddCommands, ...names: string[]])[] = [
  [addMachineCommands, 'up', 'down', 'reboot', 'status'],
  [addRescue, 'rescue'],
  [addGuestCommands, 'ssh', 'exec', 'cp', 'ssh-config'],
  [addMountCommand, 'mount'],
  [addExposureCommands, 'passwd', 'login', 'expose'],
  [addMachinesCommand, 'ls'],
  [addConsoleCommands, 'logs', 'console'],
  [addScreenCommands, 'screenshot', 'key', 'sysrq', 'vnc'],
  [addForwardCommand, 'forward'],
  [addOopsCommand, 'oops'],
  [addRunCommand, 'run'],
  [addTimeCommands, 'suspend', 'snapshot'],
  [addResetCommand, 'reset', 'undo'],
  [addConfigCommands, 'init', 'config'],
  [addImageCommands, 'image'],
  [addKernelCommands, 'kernel'],
  [addQemuCommands, 'qemu'],
  [addModuleCommands, 'module'],
  [addTestCommand, 'test'],
  [addGdbCommand, 'gdb'],
  [addDrgnCommand, 'drgn'],
  [addDumpCommand, 'dump'],
  [addCrashCommands, 'crash'],
  [addDeviceCommands, 'disks', 'devices'],
  [addSensorCommands, 'sensors'],
  [addHostCommands, 'doctor'],
];

/**
 * The parts that a command line needs: making every command of the tree takes
 * longer than many a command. All of them where the first word that is no option
 * is none of the commands (help, a typing error), or help was asked for before it.
 */
function wantedParts(words: readonly string[]): readonly AddCommands[] {
  const at = findOperand(words, 0);
  const wanted = words.slice(0, at).some((word) => word === '-h' || word === '--help')
    ? undefined
    : parts.find(([, ...names]) => names.includes(words[at] ?? ''));
  return wanted === undefined ? parts.map(([add]) => add) : [wanted[0]];
}

/** Where relative paths start. One need not stand anywhere to name a folder or a machine. */
function folderOf(
  cwd: string | undefined,
  { C: folder, n: name }: { readonly C?: string; readonly n?: string },
): string {
  if (cwd !== undefined) return folder === undefined ? cwd : resolve(cwd, folder);
  if (folder?.startsWith('/') === true) return folder;
  if (name !== undefined) return '/';
  throw new UtopiaError('folder-missing', 'The current folder cannot be found: is it deleted?', {
    hint: 'Go to another one (cd ~), or name one: utopia -C FOLDER …',
  });
}

/** The command tree: flags become typed options, nothing else happens here. */
export function buildProgram(surroundings: ProcessEnvironment): Command {
  const { terminal } = surroundings;
  const program = new Command('utopia')
    .description('Start, inspect and reset the virtual machine in which you develop kernel code.')
    .version(utopiaVersion, '-V, --version', 'print the version')
    .option('--config <file>', 'read this file (default: ./utopia.config)')
    .option('-n <name>', 'the machine of this name, whatever its folder (utopia ls)')
    .option('-C <folder>', 'work as if started in this folder')
    .option('--json', 'print the result as JSON')
    .option('-q, --quiet', 'print no progress')
    .option('-v, --verbose', 'print more: evidence, the console, stack traces')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .configureHelp({
      formatHelp,
      formatItem,
      commandDescription,
      subcommandDescription,
      showGlobalOptions: true,
      minWidthToWrap: 10,
    })
    .showSuggestionAfterError(false)
    .enablePositionalOptions(false)
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(terminal.shown(text)),
      writeErr: (text) => void terminal.stderr.write(terminal.shown(text)),
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
      getOutHasColors: () => terminal.color.level > 0,
      getErrHasColors: () => terminal.errColor.level > 0,
      // The one catch prints it, as every other error.
      outputError: () => {},
    });

  const runCommand: RunCommand = async (command, run) => {
    const options = command.optsWithGlobals<
      Partial<GlobalOptions> & { readonly C?: string; readonly n?: string }
    >();
    const context: Context = {
      cwd: folderOf(surroundings.cwd, options),
      env: surroundings.env,
      program: surroundings.program,
      commandLine: surroundings.commandLine,
      terminal,
      ...onTerminal(terminal),
      signal: surroundings.signal,
      urgentSignal: surroundings.urgentSignal,
      now: () => new Date(),
      timeoutScale: surroundings.timeoutScale,
    };
    if (options.n !== undefined && options.config !== undefined) {
      command.error('error: -n and --config both name a machine: give one of them');
    }
    await run(context, {
      config: options.config,
      machine: options.n === undefined ? undefined : await findNamed(context, options.n),
      json: options.json === true,
      quiet: options.quiet === true,
      verbose: options.verbose === true,
    });
  };

  for (const add of wantedParts(surroundings.words)) add(program, runCommand);
  tellWhichRefused(program);
  return program;
}

/** What commander ends with, and the command that said so. */
export class CommandRefused extends Error {
  readonly command: Command;
  /** 0 after help and version; what commander has printed is all then. */
  readonly exitCode: number;
  /** commander has said all: help in the place of a missing command. */
  readonly isHelp: boolean;

  constructor(command: Command, { message, exitCode, code }: CommanderError) {
    super(message);
    this.command = command;
    this.exitCode = exitCode;
    this.isHelp = code === 'commander.help';
  }
}

function tellWhichRefused(command: Command): void {
  command.exitOverride((error) => {
    throw new CommandRefused(command, error);
  });
  for (const each of command.commands) tellWhichRefused(each);
}
