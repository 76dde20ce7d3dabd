import type { Context, GlobalOptions } from '../../context.ts';
import type { MakingEnd } from '../../lifecycle/saved/warm-child.ts';
import { formatBytes } from '../../text/format.ts';
import { wrapText } from '../../ui/lines.ts';
import { sayWatched } from './foreground.ts';

/** Says that a warm base was made beside the machine; with --verbose also why none was. */
export function sayMade(context: Context, { verbose }: GlobalOptions, made: MakingEnd): void {
  const { symbols, columns } = context.terminal;
  if (made.kind === 'made') {
    const text =
      'kept a booted machine: a reset and utopia run start in a second now\n' +
      `${formatBytes(made.bytes)} ${symbols.info} utopia image cool removes it`;
    sayWatched(context, { level: 'info', text });
  }
  if (made.kind !== 'failed' || !verbose) return;
  const text = ['no booted machine was kept:', ...wrapText(made.why, columns - 12)].join('\n');
  sayWatched(context, { level: 'info', text });
}
