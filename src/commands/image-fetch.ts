import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { fetchImage } from '../image/fetch/fetch-image.ts';
import { showFetch } from '../image/fetch/fetch-progress.ts';
import { parseImageUrl, readSha256, storePathFor } from '../image/fetch/image-names.ts';
import { imageMode } from '../image/store.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { formatBytes } from '../text/format.ts';
import { openProgress } from '../ui/progress.ts';

export interface ImageFetchOptions {
  readonly url: string;
  readonly sha256: string | undefined;
  /** As typed; relative to the current folder. */
  readonly output: string | undefined;
}

/** `utopia image fetch URL`: an image from the web into the store, or where -o says. */
export async function runImageFetch(
  context: Context,
  globals: GlobalOptions,
  options: ImageFetchOptions,
): Promise<void> {
  const { terminal } = context;
  const url = parseImageUrl(options.url);
  const sha256 = readSha256(options.sha256);
  const output =
    options.output === undefined
      ? storePathFor(url, context.env)
      : resolve(context.cwd, options.output);
  const startedAt = performance.now();
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  try {
    const image = await fetchImage({
      ...{ url, output, sha256, mode: imageMode(options.output), signal: context.signal },
      report: showFetch(display),
    });
    const elapsedMs = performance.now() - startedAt;
    display.report({
      ...{ kind: 'finished', title: 'download', elapsedMs },
      detail: formatBytes(image.downloadedBytes),
    });
    display.close();
    if (globals.json) {
      terminal.json({ schema: 1, ...image });
      return;
    }
    const occupied = formatBytes(image.allocatedBytes);
    terminal.outWhole(image.path);
    terminal.out(`  ${image.format}, ${formatBytes(image.imageBytes)}, ${occupied} on disk`);
    terminal.out(`  sha256 of the download ${image.verified ? 'as given' : image.sha256}`);
    terminal.out(`  use  QCOW2_BACKING_FILE=${quoteForShell(image.path)}  in utopia.config`);
  } finally {
    display.close();
  }
}
