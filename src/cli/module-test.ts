import type { Command } from 'commander';
import { addConfigFlags, configFlags, copyFlags } from './config-flags.ts';
import { examples } from './help.ts';
import { splitWords } from './split-words.ts';
import { count, seconds } from './numbers.ts';
import type { RunCommand } from './run-command.ts';

/** `utopia module test`. */
export function addModuleTestCommand(module: Command, runCommand: RunCommand): void {
  const command = module
    .command('test')
    .summary('build, insert, try and remove it in a copy')
    .description(
      'Build the module of a folder, insert it in a throwaway copy of the machine, run its test\n' +
        'there (test.sh of the folder, or the command behind --), remove it, and judge what came\n' +
        "of it: the test's status, crashes and warnings of the kernel, leaks, a module that stays.",
    )
    .usage('[options] [dir] [-- command...]')
    .argument(
      '[words...]',
      "folder with the module's Makefile or Kbuild (default: this one); behind -- the test",
    )
    .option('--timeout <seconds>', 'for insertion, test and removal (default: 60)', seconds)
    .option('-j, --jobs <count>', 'things to do at a time (default: one a processor)', count)
    .option('--watch', 'again at each save of a source, until Ctrl-C')
    .option('--coverage <folder>', 'which lines ran: a table, and lcov.info in this folder')
    .option('--in-machine', 'in the running machine, instead of a copy')
    .option('--cold', 'boot, although there is a warm base')
    .option('-y, --yes', 'agree to share the home folder')
    .addHelpText(
      'after',
      `
Status: 0 passed; 1 failed, warned, leaked or stuck; 65 it did not build, 69 the
copy did not start (the machine does not run, or does not let a module go),
70 the kernel crashed, 124 it took too long.
${examples(
  'utopia module test',
  'utopia module test lunix --timeout 20',
  'utopia module test --sensors sim -- cat /dev/lunix0-batt',
)}`,
    );
  addConfigFlags(command, copyFlags).action(
    async (_words: readonly string[], options: TestFlags, self: Command) => {
      const { folder, words } = splitWords(self);
      const forCopy =
        options.cold === true ||
        options.coverage !== undefined ||
        Object.keys(configFlags(options, '/')).length > 0;
      if (options.inMachine === true && forCopy) {
        self.error('error: --in-machine takes the machine as it runs, and no option of a copy');
      }
      await runCommand(self, async (context, globals) => {
        const { runModuleTest } = await import('../commands/module-test.ts');
        process.exitCode = await runModuleTest(context, globals, {
          ...{ folder, words },
          timeoutMs: (options.timeout ?? 60) * 1000,
          jobs: options.jobs,
          cold: options.cold === true,
          inMachine: options.inMachine === true,
          watch: options.watch === true,
          yes: options.yes === true,
          coverage: options.coverage,
          fed: options['sensors'] !== undefined,
          watchesCrashes: options['onCrash'] !== undefined,
          flags: configFlags(options, context.cwd),
        });
      });
    },
  );
}

interface TestFlags {
  readonly [option: string]: unknown;
  readonly timeout?: number;
  readonly jobs?: number;
  readonly coverage?: string;
  readonly cold?: boolean;
  readonly inMachine?: boolean;
  readonly watch?: boolean;
  readonly yes?: boolean;
}
