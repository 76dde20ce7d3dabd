import { Option, type Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { addConfigFlags, configFlags, warmFlags, type ParsedOptions } from './config-flags.ts';
import { examples } from './help.ts';
import { addImageSourceCommands } from './image-source.ts';

export function addImageCommands(program: Command, runCommand: RunCommand): void {
  const image = program
    .command('image')
    .summary('build and fetch images')
    .description('Build, fetch, list and remove disk images.')
    .addHelpText('after', examples('utopia image list'));
  addImageSourceCommands(image, runCommand);

  image
    .command('build')
    .summary('build a Debian image')
    .description('Build a Debian image with kernel, SSH and the tools of the lab.')
    .option('--suite <name>', 'Debian release: bookworm, trixie, forky or sid', 'trixie')
    .addOption(
      new Option('--profile <name>', 'what is in it')
        .choices(['minimal', 'lab', 'desktop'])
        .default('lab'),
    )
    .option('--size <size>', 'size of the disk; the file is sparse', '8G')
    .option('--include <package...>', 'further Debian packages')
    .option('-o, --output <file>', 'write the image here (default: the store)')
    .option('--mirror <url>', "Debian mirror (default: this host's, else deb.debian.org)")
    .option('-y, --yes', 'replace an image that is there')
    .option('--no-verify', 'do not boot the new image to see whether it boots right')
    .option('--no-warm', "make no warm base, if this folder's machine stands on the image")
    .addHelpText(
      'after',
      examples(
        'utopia image build',
        'utopia image build --suite bookworm',
        'utopia image build --profile minimal --size 4G',
        'utopia image build --include valgrind nasm',
      ),
    )
    .action((options: BuildFlags, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/image-build.ts')).runImageBuild(context, globals, {
          ...options,
          include: options.include ?? [],
          yes: options.yes === true,
          verify: options.verify,
          warm: options.warm,
        }),
      ),
    );

  addWarmCommands(image, runCommand);

  image
    .command('list')
    .summary('list the images of the store')
    .description('List the images in the store.')
    .addHelpText('after', examples('utopia image list'))
    .action((_options: unknown, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/image-list.ts')).runImageList(context, globals),
      ),
    );

  image
    .command('remove')
    .summary('remove an image of the store')
    .description('Remove an image from the store.')
    .argument('<name>', 'its name, as utopia image list prints it')
    .option('-y, --yes', 'do not ask')
    .addHelpText('after', examples('utopia image remove debian-trixie-minimal'))
    .action((name: string, options: { readonly yes?: boolean }, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/image-remove.ts')).runImageRemove(context, globals, {
          name,
          yes: options.yes === true,
        }),
      ),
    );
}

function addWarmCommands(image: Command, runCommand: RunCommand): void {
  const warm = image
    .command('warm')
    .summary('keep a booted machine for utopia run')
    .description(
      "Boot this machine's image once and keep the booted machine, memory and all, so that\n" +
        'every utopia run, and the first utopia up after a reset, starts from there in a\n' +
        'second or two instead of booting. utopia up makes one by itself while it watches\n' +
        'a machine and this host is idle (UTOPIA_WARM_BASE=never: it does not).',
    )
    .option('--again', 'make it anew, although it is there')
    .addHelpText('after', examples('utopia image warm', 'utopia image warm --memory 2G'));
  addConfigFlags(warm, warmFlags).action(
    (options: ParsedOptions & { readonly again?: boolean }, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/image-warm.ts')).runImageWarm(context, globals, {
          again: options.again === true,
          flags: configFlags(options, context.cwd),
        }),
      ),
  );

  image
    .command('cool')
    .summary('remove the warm bases')
    .description("Remove the warm bases of this machine's image, and say what they took.")
    .option('--all', 'those of every image')
    .addHelpText('after', examples('utopia image cool'))
    .action((options: { readonly all?: boolean }, command: Command) =>
      runCommand(command, async (context, globals) =>
        (await import('../commands/image-cool.ts')).runImageCool(context, globals, {
          all: options.all === true,
        }),
      ),
    );
}

interface BuildFlags {
  readonly suite: string;
  readonly profile: 'minimal' | 'lab' | 'desktop';
  readonly size: string;
  readonly verify: boolean;
  readonly warm: boolean;
  readonly include?: readonly string[];
  readonly output?: string;
  readonly mirror?: string;
  readonly yes?: boolean;
}
