import type { Config } from '../config/machine-config.ts';
import { countOf } from '../text/format.ts';
import { shortenPath } from '../text/shorten-path.ts';
import { utopiaVersion } from '../version.ts';
import { foldFor } from './lines.ts';
import type { Terminal } from './terminal.ts';

/** `utopia 0.1.0 · ask2 · ./utopia.config (4 of 12 keys set)`: what begins the output of a start. */
export function headLine(
  config: Pick<Config, 'name' | 'file' | 'fileExists' | 'keysSet' | 'dotenvKeysSet'>,
  { cwd, home }: { readonly cwd: string; readonly home: string },
  { symbols, stderr, errColor, columns }: Terminal,
): string {
  const file = shortenPath(config.file, cwd, home);
  const { dotenvKeysSet: more } = config;
  const source = config.fileExists
    ? `${file} (${countOf(config.keysSet, 'key')} set${more === 0 ? '' : `, ${more} in .env`})`
    : more === 0
      ? `no utopia.config here: every default`
      : `no utopia.config here: .env (${countOf(more, 'key')} set)`;
  const dot = symbols.info;
  const text = `utopia ${utopiaVersion} ${dot} ${config.name} ${dot} ${source}`;
  return foldFor(stderr, text, columns).map(errColor.bold).join('\n');
}
