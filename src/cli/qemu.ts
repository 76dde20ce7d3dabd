import type { Command } from 'commander';
import { examples } from './help.ts';
import { count } from './numbers.ts';
import { collectWord } from './repeatable.ts';
import type { RunCommand } from './run-command.ts';

/** `utopia qemu …`. */
export function addQemuCommands(program: Command, runCommand: RunCommand): void {
  const qemu = program
    .command('qemu')
    .summary('get and build QEMU')
    .description(
      'Get the source of QEMU, build and install it, list what there is, and choose the one\n' +
        'that the machine runs with.',
    )
    .addHelpText(
      'after',
      examples('utopia qemu get', 'utopia qemu build ./qemu-9.2.0', 'utopia qemu use 9.2.0'),
    );

  qemu
    .command('get')
    .summary("download QEMU's source")
    .description(
      "Download a release's source, look at its signature and unpack it. A download that\n" +
        'stopped is continued by the same command.',
    )
    .argument('[what]', 'a version, or the URL of an archive (default: newest stable)')
    .argument('[dir]', 'where to (default: ./qemu-VERSION)')
    .option('--from <url>', 'a mirror of https://download.qemu.org/')
    .option('--sha256 <checksum>', 'what the archive must have')
    .addHelpText('after', examples('utopia qemu get', 'utopia qemu get 9.2.0 ~/qemu'))
    .action(
      (
        what: string | undefined,
        folder: string | undefined,
        options: { readonly from?: string; readonly sha256?: string },
        command: Command,
      ) =>
        runCommand(command, async (context, globals) =>
          (await import('../commands/qemu-get.ts')).runQemuGet(context, globals, {
            what,
            folder,
            from: options.from,
            sha256: options.sha256,
          }),
        ),
    );

  qemu
    .command('build')
    .summary('build and install QEMU')
    .description(
      'Configure QEMU for x86_64-softmmu, build and install it, and boot the machine’s image\n' +
        'with it once. What this host lacks is named first. virtfs, slirp, vnc, kvm and tools\n' +
        'are on. Ctrl-C leaves a build that the same command goes on with. Status 65: the\n' +
        'source does not build.',
    )
    .argument('[source]', "QEMU's source (default: this folder)")
    .option('--prefix <folder>', 'install there (default: ~/opt/qemu)')
    .option('--with <features>', 'more features, as its configure names them', collectWord)
    .option('--without <features>', 'features to leave out', collectWord)
    .option('-j, --jobs <count>', 'things to do at a time (default: one a processor)', count)
    .option('-o, --output <folder>', 'put objects there (default: build in the source)')
    .option('--configure <option>', 'an option for its configure; repeatable', collectWord)
    .option('--replace', 'also over a QEMU of another source in the prefix')
    .addHelpText(
      'after',
      examples(
        'utopia qemu build ./qemu-9.2.0',
        'utopia qemu build ~/qemu --prefix ~/opt/qemu-mine --with docs --without vnc',
        'utopia qemu build --configure --enable-debug',
      ),
    )
    .action((source: string | undefined, options: BuildFlags, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/qemu-build.ts')).runQemuBuild(context, globals, {
          source,
          prefix: options.prefix,
          output: options.output,
          jobs: options.jobs,
          with: options.with ?? [],
          without: options.without ?? [],
          configure: options.configure ?? [],
          replace: options.replace === true,
        }),
      ),
    );

  qemu
    .command('list')
    .summary('list the QEMUs of this host')
    .description(
      'List the QEMUs of this host: version, program, what each was built with. * is the one\n' +
        'that the machine of this folder runs with.',
    )
    .addHelpText('after', examples('utopia qemu list', 'utopia qemu list --json'))
    .action((_options: unknown, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/qemu-list.ts')).runQemuList(context, globals),
      ),
    );

  qemu
    .command('use')
    .summary('have the machine run with one')
    .description(
      'Have the machine of this folder run with that QEMU from its next start on: writes\n' +
        'QEMU_BUILD_DIR into its utopia.config, and changes nothing else there.',
    )
    .argument('<which>', 'a name of utopia qemu list, or a prefix, a build tree, the program')
    .addHelpText('after', examples('utopia qemu use 9.2.0', 'utopia qemu use distribution'))
    .action((which: string, _options: unknown, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/qemu-use.ts')).runQemuUse(context, globals, which),
      ),
    );
}

interface BuildFlags {
  readonly prefix?: string;
  readonly with?: readonly string[];
  readonly without?: readonly string[];
  readonly jobs?: number;
  readonly output?: string;
  readonly configure?: readonly string[];
  readonly replace?: true;
}
