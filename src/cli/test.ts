import type { Command } from 'commander';
import { addConfigFlags, configFlags, copyFlags } from './config-flags.ts';
import { examples } from './help.ts';
import { count, seconds } from './numbers.ts';
import { collectWord } from './repeatable.ts';
import type { RunCommand } from './run-command.ts';
import { splitWords } from './split-words.ts';

interface TestFlags {
  readonly [option: string]: unknown;
  readonly kunit?: boolean;
  readonly kselftest?: readonly string[];
  readonly timeout?: number;
  readonly junit?: string;
  readonly jobs?: number;
  readonly coverage?: string;
  readonly cold?: boolean;
  readonly yes?: boolean;
}

/** `utopia test`. */
export function addTestCommand(program: Command, runCommand: RunCommand): void {
  const command = program
    .command('test')
    .summary('KUnit and KTAP in a copy')
    .description(
      'Run tests that report in KTAP, in a throwaway copy of the machine, and show them as a\n' +
        'tree: the KUnit suites and test.sh of a module, which is built and inserted; what a\n' +
        'command prints; kselftests of a kernel source; or the suites of the kernel itself.',
    )
    .usage('[options] [dir] [-- command...]')
    .argument(
      '[words...]',
      'folder with the module, or the source (default: this one); behind -- the test',
    )
    .option('--kunit', 'the suites that the kernel has: built in, and as modules')
    .option(
      '--kselftest <name>',
      "build these tests of the kernel's source in dir, and run them (repeatable)",
      collectWord,
    )
    .option('--timeout <seconds>', 'for all tests together (default: 300)', seconds)
    .option('--junit <file>', 'write the result as JUnit XML, too')
    .option('-j, --jobs <count>', 'things to do at a time (default: one a processor)', count)
    .option('--coverage <folder>', 'which lines of the module ran: a table, and lcov.info there')
    .option('--cold', 'boot, although there is a warm base')
    .option('-y, --yes', 'agree to share the home folder')
    .addHelpText(
      'after',
      `
Status: 0 all passed; 1 a test failed, did not run, or there was none; 65 it did
not build, 69 the copy did not start, 70 the kernel crashed, 124 too late.
${examples(
  'utopia test my-module --kernel kunit --junit marks.xml',
  'utopia test --kunit --kernel kunit',
  'utopia test linux-6.12 --kselftest timers --kselftest kcmp',
  'utopia test -- ./my-tests.sh',
)}`,
    );
  addConfigFlags(command, copyFlags).action(
    async (_words: readonly string[], options: TestFlags, self: Command) => {
      const { folder, words } = splitWords(self);
      const { kunit = false, kselftest = [] } = options;
      if (kunit && (folder !== undefined || words.length > 0 || kselftest.length > 0)) {
        self.error('error: --kunit runs the suites of the kernel, without a folder or a command');
      }
      if (kselftest.length > 0 && words.length > 0) {
        self.error('error: --kselftest runs tests of a kernel source, without a command');
      }
      await runCommand(self, async (context, globals) => {
        const { runTest } = await import('../commands/test.ts');
        process.exitCode = await runTest(context, globals, {
          ...{ folder, words, kunit, kselftest },
          timeoutMs: (options.timeout ?? 300) * 1000,
          junit: options.junit,
          jobs: options.jobs,
          cold: options.cold === true,
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
