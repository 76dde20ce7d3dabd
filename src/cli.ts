import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Context, Environment, GlobalOptions } from './context.ts';
import type { Terminal } from './ui/terminal.ts';
import { addConfigCommands } from './cli/config.ts';
import { addOopsCommand } from './cli/crash.ts';
import { commandDescription, formatHelp } from './cli/help.ts';
import { addDeviceCommands } from './cli/devices.ts';
import { addSensorCommands } from './cli/sensors.ts';
import { addConsoleCommands } from './cli/console.ts';
import { addForwardCommand } from './cli/forward.ts';
import { addHostCommands } from './cli/host.ts';
import { addImageCommands } from './cli/image.ts';
import { addMachineCommands } from './cli/machine.ts';
import { addMachinesCommand, findNamed } from './cli/machines.ts';
import { addResetCommand } from './cli/reset.ts';
import { addScreenCommands } from './cli/screen.ts';
import { utopiaVersion } from './version.ts';

/** What the process gives to a command; `-C` is applied before a command sees it. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Environment;
  readonly commandLine: readonly string[];
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly urgentSignal: AbortSignal;
  readonly patience: number;
}

/**
 * Runs one command: `load` imports its module only now, so that a command pays
 * for what it uses; `options` are the global ones and its own.
 */
export type RunCommand = (
  command: Command,
  run: (context: Context, globals: GlobalOptions) => Promise<void>,
) => Promise<void>;

/** The whole command tree: flags become typed options, nothing else happens here. */
export function buildProgram(surroundings: Surroundings): Command {
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
    .configureHelp({ formatHelp, commandDescription, showGlobalOptions: true })
    .showHelpAfterError('(utopia --help lists the commands)')
    .enablePositionalOptions(false)
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
      getOutHasColors: () => terminal.color.level > 0,
      getErrHasColors: () => terminal.errColor.level > 0,
    })
    .exitOverride();

  const runCommand: RunCommand = async (command, run) => {
    const options = command.optsWithGlobals<
      Partial<GlobalOptions> & { readonly C?: string; readonly n?: string }
    >();
    const context: Context = {
      cwd: options.C === undefined ? surroundings.cwd : resolve(surroundings.cwd, options.C),
      env: surroundings.env,
      commandLine: surroundings.commandLine,
      terminal,
      signal: surroundings.signal,
      urgentSignal: surroundings.urgentSignal,
      now: () => new Date(),
      patience: surroundings.patience,
    };
    if (options.n !== undefined && options.config !== undefined) {
      command.error('error: -n and --config both name a machine: give one of them');
    }
    await run(context, {
      config: options.n === undefined ? options.config : await findNamed(context, options.n),
      json: options.json === true,
      quiet: options.quiet === true,
      verbose: options.verbose === true,
    });
  };

  // A new command also has its line in cli/help.ts.
  addMachineCommands(program, runCommand);
  addMachinesCommand(program, runCommand);
  addConsoleCommands(program, runCommand);
  addScreenCommands(program, runCommand);
  addForwardCommand(program, runCommand);
  addOopsCommand(program, runCommand);
  addResetCommand(program, runCommand);
  addConfigCommands(program, runCommand);
  addImageCommands(program, runCommand);
  addDeviceCommands(program, runCommand);
  addSensorCommands(program, runCommand);
  addHostCommands(program, runCommand);
  return program;
}
