import { resolve } from 'node:path';
import type { Config } from '../../config/machine-config.ts';
import { UtopiaError } from '../../errors.ts';
import { findQemuPrograms } from '../../host/find-qemu.ts';
import { checkBackingFile, findBackingFile } from '../../image/backing-file.ts';
import { proposeRebase, rebaseOverlay, type RebaseProposal } from '../../image/rebase.ts';
import type { BackingFile } from '../../image/image-files.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import { agreeToQemu } from './agree-to-program.ts';
import { holdStoppedMachine } from './hold-machine.ts';
import type { LocatedMachine } from './locate.ts';

export interface RebaseOptions {
  /** The backing file's new place as typed; the configured one when absent. */
  readonly to: string | undefined;
  readonly yes: boolean;
  /** Also when it is another image. */
  readonly force: boolean;
}

/** On what a machine's private file stands now. */
export interface RebasedMachine extends Pick<RebaseProposal, 'to' | 'verdict'> {
  /** The configuration means this image too. */
  readonly isConfigured: boolean;
}

/**
 * Tells the private file of a machine that does not run where its backing file is now. Asks where
 * nothing is known of the old image. Throws `image-missing`, `image-changed` for another image
 * without `force`, `consent-needed`, and what holdStoppedMachine and proposeRebase throw.
 */
export async function rebaseMachine(
  context: LifecycleContext,
  located: LocatedMachine,
  options: RebaseOptions,
): Promise<RebasedMachine> {
  const { config } = located;
  const to = await findTarget(context, config, options.to);
  const held = await holdStoppedMachine(context, located, 'Its backing file cannot be changed');
  try {
    const proposal = await proposeRebase(config, to);
    await settleConsent(context, proposal, options);
    await agreeToQemu(context, config, options.yes);
    const { imgBinary } = await findQemuPrograms(config, context.env);
    await rebaseOverlay(proposal, { imgBinary, signal: context.signal, now: context.now() });
    const { verdict } = proposal;
    return { to, verdict, isConfigured: await isConfigured(context, config, to) };
  } finally {
    await held.release();
  }
}

async function findTarget(
  context: LifecycleContext,
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
  context: LifecycleContext,
  { verdict, to, overlay }: RebaseProposal,
  options: RebaseOptions,
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
  const agreed = await context.asker.confirm(question, {
    assumeYes: options.yes,
    signal: context.signal,
  });
  if (!agreed) throw new UtopiaError('consent-needed', 'Nothing was changed.');
}

async function isConfigured(
  context: LifecycleContext,
  config: Config,
  to: BackingFile,
): Promise<boolean> {
  try {
    return (await findBackingFile({ config, env: context.env }))?.path === to.path;
  } catch {
    return false;
  }
}
