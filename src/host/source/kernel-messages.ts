import { closeSync, constants, openSync, readSync } from 'node:fs';

/** No kernel's buffer holds more records than this by far; an end to a loop that must have one. */
const mostRecords = 100_000;
/** Longest wait for the journal, which can be large. */
const journalTimeoutMs = 3_000;

/**
 * The kernel's messages since boot, one a line: from its own buffer, else from the
 * journal, which a member of group adm or systemd-journal may read where the
 * buffer is closed (kernel.dmesg_restrict). Null where neither is allowed.
 */
export async function readKernelMessages(signal: AbortSignal): Promise<string | null> {
  return readBuffer() ?? (await readJournal(signal));
}

/** /dev/kmsg gives one record a read, `priority,sequence,time,flags;text`, and EAGAIN at the end. */
function readBuffer(): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  const record = Buffer.alloc(8192);
  const lines: string[] = [];
  try {
    for (let count = 0; count < mostRecords; count += 1) {
      const length = readSync(descriptor, record);
      const text = record.toString('utf8', 0, length);
      lines.push(text.slice(text.indexOf(';') + 1).split('\n')[0] ?? '');
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // EPIPE: records were overwritten under our hands; what was read counts.
    if (code !== 'EAGAIN' && code !== 'EPIPE' && lines.length === 0) return undefined;
  } finally {
    closeSync(descriptor);
  }
  return lines.join('\n');
}

async function readJournal(signal: AbortSignal): Promise<string | null> {
  const args = ['-k', '-b', '--no-pager', '-o', 'cat', '-q'];
  const { execFile } = await import('node:child_process');
  return await new Promise((resolve) => {
    execFile(
      'journalctl',
      args,
      { timeout: journalTimeoutMs, signal, maxBuffer: 32e6 },
      (error, stdout) => resolve(error === null && stdout.trim() !== '' ? stdout : null),
    );
  });
}
