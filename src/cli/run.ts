import { InvalidArgumentError, Option, type Command } from 'commander';
import { defaultOutputBytes } from '../system/bounded-output.ts';
import type { BisectWish } from '../lifecycle/several/run-options.ts';
import type { RunCommand } from './run-command.ts';
import { addConfigFlags, copyFlags } from './config-flags.ts';
import { examples } from './help.ts';
import { count, outputSize, seconds, size } from './numbers.ts';
import {
  bisectWish,
  findLonely,
  folderUse,
  keepWish,
  kernelChoice,
  type RunFlags,
} from './run-flags.ts';

/** `utopia run`. */
export function addRunCommand(program: Command, runCommand: RunCommand): void {
  const command = program
    .command('run')
    .summary('command, tests in a copy')
    .description(
      "Run a command in a throwaway copy of the machine's image, as root, in this folder\n" +
        '(shared read-only, under its own name). Input and output pass through, its exit\n' +
        'status is passed on, and nothing of the copy remains without --keep.',
    )
    .argument('[command...]', 'behind --: the program and its arguments, as typed')
    .option(
      '--timeout <seconds>',
      'end the command after this long (124; of several: 600)',
      seconds,
    )
    .addOption(new Option('--rw', 'the command may write to this folder').conflicts('copyIn'))
    .option('--copy-in', 'it may write to its own copy of the folder')
    .addOption(
      new Option('--copy-out <path>', 'as --copy-in; bring this back (repeatable)')
        .argParser((path: string, before: readonly string[] | undefined) => [
          ...(before ?? []),
          path,
        ])
        .conflicts('rw'),
    )
    .addOption(
      new Option('--keep [name]', 'make a machine of the copy, in a new folder').conflicts([
        'each',
        'commands',
      ]),
    )
    .option('--junit <file>', 'write the result as JUnit XML, too')
    .option('--each <path...>', 'run it once per path, each in its own copy; {} is the path')
    .option('--with <path...>', 'with --each: let each copy read these, too')
    .option('--share-folder', 'with --each: let each copy see the whole folder')
    .addOption(
      new Option(
        '--commands <file>',
        'run each line of this file in its own copy (- for stdin)',
      ).conflicts(['each', 'copyOut']),
    )
    .option('--results <dir>', 'of several: a JSON file each, as soon as it has ended')
    .option('--resume', 'leave out those that have a verdict in --results')
    .option('--logs <dir>', 'of several: what each prints, whole')
    .option('--max-log <size>', 'of each stream in --logs (default: 64M)', size)
    .option('--max-copy-out <size>', 'of --copy-out in all (default: 1G)', size)
    .option(
      '--jobs <count>',
      'of several: how many at once; with --bisect: of make (default: what fits)',
      count,
    )
    .option(
      '--max-output <size>',
      'of each output kept: its start and end (default: 1M)',
      outputSize,
    )
    .option('--network', 'let the guest reach this host and what that reaches')
    .option('--from <snapshot>', 'a copy of the machine as it was then, not of its image')
    .option('--cold', 'boot, although there is a warm base or saved memory')
    .option('-y, --yes', 'agree to share the home folder')
    .addOption(
      bisectOption(
        '--bisect',
        'be a step of git bisect run, with the kernel of this tree',
      ).conflicts(notWithBisect),
    )
    .addOption(
      bisectOption(
        '--boot-failure-is <what>',
        'skip (default) or bad: a kernel that does not come up',
      ).argParser(readBootFailure),
    )
    .addOption(
      bisectOption('-o, --output <folder>', 'put objects there (default: into the source)'),
    )
    .addOption(bisectOption('--llvm', 'build with clang and lld (LLVM=1)'))
    .addOption(bisectOption('--ccache', 'let ccache compile'))
    .addHelpText(
      'after',
      `
Status: the command's; 124 time-out, 69 the machine did not start, 70 its kernel
crashed (the crash is explained), 75 busy. --json tells them apart for sure, and
has the command's output in it. Several commands: 0 when all passed, else 1.
With --bisect: 0 good, 1 bad, 125 skipped, 128 and more when git is to stop.
${examples(
  'utopia run -- ./test.sh',
  'utopia run --timeout 60 -- insmod lunix.ko',
  'utopia run --each submissions/* --junit marks.xml -- ./grade.sh {}',
  'utopia run --jobs 2 --commands tests.txt',
  "utopia run --rw --memory 2G -- sh -c 'make && insmod lunix.ko'",
  'utopia run --copy-out lunix.ko -- make',
  'utopia run --keep debug -- insmod lunix.ko    # then: cd debug && utopia up',
  'utopia run --kernel mine,6.1.187 -- ./test.sh    # on each kernel',
  'utopia run --sensors sim -- ./try-lunix.sh    # the same stream in each copy',
  'utopia snapshot save ready && utopia run --from ready -- ./test.sh',
  'git bisect run utopia run --bisect -- ./test.sh    # which commit broke it',
)}`,
    );
  addConfigFlags(command, copyFlags).action(
    async (words: readonly string[], options: RunFlags, self: Command) => {
      const lonely = findLonely(options);
      if (lonely !== undefined) self.error(`error: ${lonely}`);
      await runCommand(self, async (context, globals) => {
        const { runRun } = await import('../commands/run.ts');
        // The command's status is this one's result: any number, and no error of ours.
        process.exitCode = await runRun(context, globals, {
          words,
          timeoutMs: options.timeout === undefined ? undefined : options.timeout * 1000,
          use: folderUse(options),
          copyOut: options.copyOut ?? [],
          keep: keepWish(options.keep),
          junit: options.junit,
          each: options.each ?? [],
          commands: options.commands,
          jobs: options.jobs,
          results: options.results,
          resume: options.resume === true,
          logs: options.logs,
          maxLogBytes: options.maxLog ?? 64 * 2 ** 20,
          maxCopyOutBytes: options.maxCopyOut ?? 2 ** 30,
          maxOutputBytes: options.maxOutput ?? defaultOutputBytes,
          yes: options.yes === true,
          network: options.network === true,
          with: options.with ?? [],
          shareFolder: options.shareFolder === true,
          from: options.from,
          cold: options.cold === true,
          fed: options['sensors'] !== undefined,
          watchesCrashes: options['onCrash'] !== undefined,
          bisect: bisectWish(options),
          ...kernelChoice(options, context.cwd),
        });
      });
    },
  );
}

/** What would be written into the tree at each step, is of several runs, or is the step's own. */
const notWithBisect = [
  ...['each', 'commands', 'with', 'shareFolder', 'results', 'resume', 'logs', 'maxLog'],
  ...['rw', 'copyOut', 'keep', 'junit', 'kernel', 'onCrash'],
];

function bisectOption(flags: string, description: string): Option {
  return new Option(flags, description).helpGroup('At each step of git bisect run:');
}

function readBootFailure(text: string): BisectWish['bootFailureIs'] {
  if (text === 'skip' || text === 'bad') return text;
  throw new InvalidArgumentError('It is skip or bad.');
}
