import { resolve } from 'node:path';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { fetchImage } from '../image/fetch/fetch-image.ts';
import type { FetchEvent } from '../image/fetch/types.ts';
import { parseImageUrl, storePathFor } from '../image/fetch/names.ts';
import { imageMode } from '../image/store.ts';
import { openRateMeter, type RateMeter } from '../image/fetch/rate.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { formatBytes, formatDuration } from '../text/format.ts';
import { openProgress } from '../ui/progress.ts';
import type { ProgressEvent } from '../progress-events.ts';

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
  const sha256 = checkSha256(options.sha256);
  const output =
    options.output === undefined
      ? storePathFor(url, context.env)
      : resolve(context.cwd, options.output);
  const startedAt = performance.now();
  const display = await openProgress(terminal, { quiet: globals.quiet || globals.json });
  const meter = openRateMeter();
  try {
    const image = await fetchImage({
      ...{ url, output, sha256, mode: imageMode(options.output), signal: context.signal },
      report: (event) => display.report(describeEvent(event, meter)),
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
    terminal.out(image.path);
    terminal.out(`  ${image.format}, ${formatBytes(image.imageBytes)}, ${occupied} on disk`);
    terminal.out(`  sha256 of the download ${image.verified ? 'as given' : image.sha256}`);
    terminal.out(`  use  QCOW2_BACKING_FILE=${quoteForShell(image.path)}  in utopia.config`);
  } finally {
    display.close();
  }
}

function checkSha256(text: string | undefined): string | undefined {
  if (text === undefined || /^[\da-f]{64}$/i.test(text)) return text?.toLowerCase();
  throw new UtopiaError('usage', `--sha256 ${text} is no SHA-256 checksum.`, {
    hint: 'It has 64 hexadecimal digits, as sha256sum prints it.',
  });
}

function describeEvent(event: FetchEvent, meter: RateMeter): ProgressEvent {
  const title = 'download';
  if (event.kind === 'waiting') {
    const pause = formatDuration(event.ms);
    return { kind: 'note', text: `${event.reason}; trying again in ${pause}` };
  }
  const bytes = event.kind === 'opened' ? event.offset : event.bytes;
  meter.note(bytes, performance.now());
  const { totalBytes } = event;
  const rate = meter.bytesPerSecond();
  // With a total, the bar's per cent says how much is there; 35 columns are left beside it.
  const parts = [
    totalBytes === undefined ? formatBytes(bytes) : `of ${formatBytes(totalBytes)}`,
    rate === undefined ? undefined : `${formatBytes(rate)}/s`,
    rate === undefined || rate === 0 || totalBytes === undefined
      ? undefined
      : `${formatDuration(((totalBytes - bytes) / rate) * 1000)} left`,
  ];
  const detail = parts.filter((part) => part !== undefined).join('  ');
  return totalBytes === undefined || totalBytes === 0
    ? { kind: 'moved', title, detail }
    : { kind: 'moved', title, detail, fraction: bytes / totalBytes };
}
