import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { openDeadline } from '../system/deadline.ts';
import { UtopiaError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

/**
 * Asks for a line and shows nothing of it. Throws `consent-needed` without a
 * terminal, `interrupted` when the signal is aborted or Ctrl-C is pressed.
 */
export async function askSecret(
  terminal: Terminal,
  prompt: string,
  signal: AbortSignal,
): Promise<string> {
  if (!terminal.interactive) {
    throw new UtopiaError('consent-needed', 'Nobody is here to type a password.', {
      hint: 'Run this in a terminal, or hand it over with --stdin.',
    });
  }
  terminal.stderr.write(terminal.shown(prompt));
  // readline edits the line, and draws it into nothing.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: terminal.stdin, output: nowhere, terminal: true });
  const end = openDeadline(undefined, signal);
  reader.on('SIGINT', () => end.abort());
  reader.on('close', () => end.abort());
  try {
    return await reader.question('', { signal: end.signal });
  } catch (error) {
    if (end.signal.aborted) {
      throw new UtopiaError('interrupted', 'Interrupted; nothing was changed.');
    }
    throw error;
  } finally {
    end.stop();
    reader.close();
    terminal.err();
  }
}
