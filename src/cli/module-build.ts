import type { Command } from 'commander';
import type { KeyName } from '../config/config-keys.ts';
import { addConfigFlags, configFlags } from './config-flags.ts';
import { examples } from './help.ts';
import { count } from './numbers.ts';
import type { RunCommand } from './run-command.ts';

/** What decides for which kernel a module is built. */
const kernelFlag: readonly KeyName[] = ['UTOPIA_KERNEL'];

/** `utopia module build`. */
export function addModuleBuildCommand(module: Command, runCommand: RunCommand): void {
  const command = module
    .command('build')
    .summary("build a module for the machine's kernel")
    .description(
      "Build the module of a folder against the headers of the kernel that the machine's disk\n" +
        'boots, or of a kernel that you built. It is built on this host, by its own compiler where\n' +
        "that fits the kernel, or by the image's; else in a throwaway copy of the machine.",
    )
    .argument('[dir]', "folder with the module's Makefile or Kbuild (default: this one)")
    .option('-j, --jobs <count>', 'things to do at a time (default: one a processor)', count)
    .option('--check', "run sparse, and the kernel's checkpatch where its source is here")
    .option('-y, --yes', 'agree to share the home folder with a copy that builds')
    .addHelpText(
      'after',
      `
It runs the make of that folder with your rights: on code that is not yours, let
utopia run build it. Status: 0 built, 65 the source has errors.
${examples('utopia module build', 'utopia module build lunix --kernel ask3', 'utopia module build --json')}`,
    );
  addConfigFlags(command, kernelFlag).action(
    (folder: string | undefined, options: BuildFlags, self: Command) =>
      runCommand(self, async (context, globals) =>
        (await import('../commands/module-build.ts')).runModuleBuild(context, globals, {
          folder,
          jobs: options.jobs,
          check: options.check === true,
          yes: options.yes === true,
          flags: configFlags(options, context.cwd),
        }),
      ),
  );
}

interface BuildFlags {
  readonly [option: string]: unknown;
  readonly jobs?: number;
  readonly check?: boolean;
  readonly yes?: boolean;
}
