import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConsoleReader } from '../../src/guest/console-text.ts';
import { parseMessage, type QmpEvent } from '../../src/qmp/protocol.ts';

const fixtures = join(import.meta.dirname, '../../fixtures');

/** A recorded console or firmware log as plain lines, the unfinished one last. */
export function recordedLines(path: string): string[] {
  const { lines, partial } = createConsoleReader()(readFileSync(join(fixtures, 'logs', path)));
  return partial === '' ? [...lines] : [...lines, partial];
}

/** The events of a recorded conversation, with the time they came at. */
export function recordedEvents(name: string): { event: QmpEvent; atMs: number }[] {
  const text = readFileSync(join(fixtures, 'qmp', `${name}.jsonl`), 'utf8');
  return text
    .trim()
    .split('\n')
    .flatMap((line) => {
      const { from, atMs, line: said } = JSON.parse(line) as Record<string, unknown>;
      if (from !== 'qemu') return [];
      const message = parseMessage(JSON.stringify(said));
      return message.kind === 'event' ? [{ event: message.event, atMs: Number(atMs) }] : [];
    });
}
