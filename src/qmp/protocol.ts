import { StringDecoder } from 'node:string_decoder';

// QEMU's machine protocol as data (docs/interop/qmp-spec in QEMU's sources):
// one JSON object a line, a greeting first, then answers and events in any order.

/** `{"QMP": …}`: what QEMU says first. */
export interface QmpGreeting {
  readonly QMP: {
    readonly version: {
      readonly qemu: { readonly major: number; readonly minor: number; readonly micro: number };
      readonly package: string;
    };
    readonly capabilities: readonly string[];
  };
}

/** What happened in the machine; the time is the host's clock when QEMU noticed it. */
export interface QmpEvent {
  /** `SHUTDOWN`, `RESET`, `STOP`, `BLOCK_IO_ERROR`, `GUEST_PANICKED`, … */
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970; undefined when QEMU could not read its clock. */
  readonly timeMs: number | undefined;
}

/** One line from QEMU, told apart. */
export type QmpMessage =
  | { readonly kind: 'greeting'; readonly greeting: QmpGreeting }
  | { readonly kind: 'return'; readonly id: unknown; readonly value: unknown }
  | {
      readonly kind: 'error';
      readonly id: unknown;
      readonly errorClass: string;
      readonly description: string;
    }
  | { readonly kind: 'event'; readonly event: QmpEvent }
  | { readonly kind: 'unknown'; readonly text: string };

/** The line that runs a command; `id` comes back with its answer. */
export function formatCommand(
  name: string,
  args: Readonly<Record<string, unknown>> | undefined,
  id: string,
): string {
  return `${JSON.stringify({ execute: name, ...(args === undefined ? {} : { arguments: args }), id })}\n`;
}

/** Tells one line apart; what is not QMP comes back as `unknown`, never as an exception. */
export function parseMessage(line: string): QmpMessage {
  const message = parseObject(line);
  if (message === undefined) return { kind: 'unknown', text: line };
  if (isObject(message['QMP'])) {
    return isGreeting(message)
      ? { kind: 'greeting', greeting: message }
      : { kind: 'unknown', text: line };
  }
  const id = message['id'];
  if ('return' in message) return { kind: 'return', id, value: message['return'] };
  const { error, event, data, timestamp } = message;
  if (isObject(error)) {
    return {
      kind: 'error',
      id,
      errorClass: textOf(error['class'], 'GenericError'),
      description: textOf(error['desc'], 'no description'),
    };
  }
  if (typeof event === 'string') {
    const timeMs = isObject(timestamp) ? millisecondsOf(timestamp) : undefined;
    return {
      kind: 'event',
      event: { name: event, data: isObject(data) ? data : {}, timeMs },
    };
  }
  return { kind: 'unknown', text: line };
}

/** Longest line that is kept: far above any answer of QEMU's, far below a memory's end. */
const maximumLineLength = 32 * 1024 * 1024;

/**
 * Cuts a stream of chunks into lines. A character split between two chunks is put
 * together again; blank lines are dropped; a rest without newline is kept for the
 * next chunk. Throws a RangeError when a line never ends.
 */
export function createLineSplitter(): (chunk: Uint8Array) => string[] {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return (chunk) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maximumLineLength) throw new RangeError('a line without end');
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  };
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isGreeting(message: object): message is QmpGreeting {
  const { version } = (message as { QMP: { version?: { qemu?: unknown } } }).QMP;
  return isObject(version) && isObject(version.qemu);
}

function millisecondsOf(timestamp: Record<string, unknown>): number | undefined {
  const { seconds, microseconds } = timestamp;
  if (typeof seconds !== 'number' || typeof microseconds !== 'number' || seconds < 0) {
    return undefined;
  }
  return seconds * 1000 + microseconds / 1000;
}
