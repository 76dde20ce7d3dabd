import * as z from 'zod/mini';

/** A value that a key cannot take: why, and what to write instead. */
export class Refusal {
  readonly message: string;
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    this.message = message;
    this.hint = hint;
  }
}

/** Turns the text of a value into what it means, or says why it means nothing. */
export type ReadValue<T> = (text: string) => T | Refusal;

/**
 * Values end up in lines of other programs' files and options: no control character but those
 * that separate words. (In the file itself they are refused before, with their line.)
 */
function complainAboutControls(text: string): Refusal | undefined {
  const control = controls.exec(text)?.[0];
  if (control === undefined) return undefined;
  const code = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return new Refusal(`has a control character (U+${code}) in it`, 'Type the value anew.');
}

const controls = new RegExp(String.raw`[\0-\x08\x0b-\x1f\x7f-\x9f]`);

/** A zod schema from text to value around a reader; its issues carry the reader's hint. */
export function setting<T>(read: ReadValue<T>): z.ZodMiniType<T, string> {
  return z.pipe(
    z.string(),
    z.transform((text: string, context) => {
      const value = complainAboutControls(text) ?? read(text);
      if (!(value instanceof Refusal)) return value;
      context.issues.push({
        code: 'custom',
        message: value.message,
        input: text,
        params: { hint: value.hint },
      });
      return z.NEVER;
    }),
  );
}
