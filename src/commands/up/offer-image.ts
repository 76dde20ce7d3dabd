import type { Context, GlobalOptions } from '../../context.ts';
import { UtopiaError } from '../../errors.ts';
import { findBackingFile } from '../../image/backing-file.ts';
import { defaultSuites } from '../../image/debian/debian-suites.ts';
import type { BackingFile } from '../../image/image-files.ts';
import { confirm } from '../../ui/ask.ts';
import type { LocatedMachine } from '../../lifecycle/launch/locate.ts';
import { requireBackingFile } from '../../lifecycle/launch/prepare.ts';

/** The machine's image; where there is none, the default one is offered and built. */
export async function offerImage(
  context: Context,
  globals: GlobalOptions,
  located: LocatedMachine,
  assumeYes: boolean,
): Promise<BackingFile> {
  const backing = await findBackingFile({ config: located.config, env: context.env });
  if (backing !== undefined) return backing;
  const { terminal, signal } = context;
  if (!assumeYes && !terminal.interactive) return await requireBackingFile(context, located);
  const question = 'There is no image yet. Build the default one (Debian, 1.3 GB, a few minutes)?';
  if (!(await confirm(terminal, question, { assumeYes, defaultYes: true, signal }))) {
    throw new UtopiaError('image-missing', 'There is no image to start from.', {
      hint: 'utopia image build makes one later, utopia image fetch URL gets one; or name yours with QCOW2_BACKING_FILE in utopia.config.',
    });
  }
  const { runImageBuild } = await import('../image-build.ts');
  const profile = 'lab';
  // Its path is no result of `up`: it goes nowhere.
  const silent = { ...terminal, out: () => {} };
  await runImageBuild(
    { ...context, terminal: silent },
    { ...globals, json: false },
    {
      suite: defaultSuites[0],
      profile,
      size: '8G',
      include: [],
      yes: false,
      // The machine is to boot now, not a copy of it.
      verify: false,
      warm: false,
    },
  );
  return await requireBackingFile(context, located);
}
