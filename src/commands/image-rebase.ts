import { resolve } from 'node:path';
import type { Config } from '../config/types.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { findQemuPrograms } from '../host/find-qemu.ts';
import { checkBackingFile, findBackingFile } from '../image/backing-file.ts';
import { proposeRebase, rebaseOverlay, type RebaseProposal } from '../image/rebase.ts';
import type { BackingFile } from '../image/types.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { confirm } from '../ui/ask.ts';
import { holdStoppedMachine } from '../lifecycle/launch/hold-machine.ts';
import { agreeToQemu } from '../lifecycle/launch/agree-to-program.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';

export interface ImageRebaseOptions {
  /** The backing file's new place as typed; the configured one when absent. */
  readonly to: string | undefined;
  readonly yes: boolean;
  /** Also when it is another image. */
  readonly force: boolean;
}

/** `utopia image rebase`: tell the private file where its backing file is now. */
export async function runImageRebase(
  context: Context,
  globals: GlobalOptions,
  options: ImageRebaseOptions,
): Promise<void> {
  const { terminal } = context;
  const located = await locateMachine(context, globals);
  const { config } = located;
  const to = await findTarget(context, config, options.to);
  const held = await holdStoppedMachine(context, located, 'Its backing file cannot be changed');
  try {
    const proposal = await proposeRebase(config, to);
    await settleConsent(context, proposal, options);
    await agreeToQemu(context, config, options.yes);
    const { imgBinary } = await findQemuPrograms(config, context.env);
    await rebaseOverlay(proposal, { imgBinary, signal: context.signal, now: context.now() });
    if (globals.json) {
      const { verdict } = proposal;
      terminal.json({ schema: 1, path: config.privateFile, backing: to, verdict });
      return;
    }
    terminal.out(`${config.privateFile} stands on ${to.path} now.`);
    if (proposal.verdict === 'verified') {
      terminal.out('  Size and sampled contents are those it was made over.');
    }
    if (!(await isConfigured(context, config, to))) {
      terminal.out('  utopia.config means another image still. Write into it:');
      terminal.outWhole(`  QCOW2_BACKING_FILE=${quoteForShell(to.path)}`);
    }
  } finally {
    await held.release();
  }
}

async function findTarget(
  context: Context,
  config: Config,
  typed: string | undefined,
): Promise<BackingFile> {
  if (typed !== undefined) {
    const path = resolve(context.cwd, typed);
    return { path, format: await checkBackingFile(path), origin: 'config' };
  }
  const backing = await findBackingFile({ config, env: context.env });
  if (backing !== undefined) return backing;
  throw new UtopiaError('image-missing', 'No image is configured, and none was found.', {
    hint: 'Name its place: utopia image rebase --to FILE',
  });
}

async function settleConsent(
  context: Context,
  { verdict, to, overlay }: RebaseProposal,
  options: ImageRebaseOptions,
): Promise<void> {
  if (verdict === 'verified') return;
  if (verdict === 'different' && !options.force) {
    throw new UtopiaError(
      'image-changed',
      `${to.path} is not the image that ${overlay.path} was made over.`,
      {
        details: ['On another image the files of the guest would be damaged.'],
        hint:
          'Put the old image back, or start afresh, keeping this one aside: utopia reset\n' +
          'If you know better: utopia image rebase --force',
      },
    );
  }
  const question =
    verdict === 'different'
      ? `${to.path} is another image: the guest's files will probably be damaged. Go on?`
      : `Nothing is known of the old image; only the size fits. Use ${to.path}?`;
  const agreed = await confirm(context.terminal, question, {
    assumeYes: options.yes,
    signal: context.signal,
  });
  if (!agreed) throw new UtopiaError('consent-needed', 'Nothing was changed.');
}

async function isConfigured(context: Context, config: Config, to: BackingFile): Promise<boolean> {
  try {
    return (await findBackingFile({ config, env: context.env }))?.path === to.path;
  } catch {
    return false;
  }
}
