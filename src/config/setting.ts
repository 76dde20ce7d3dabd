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

/** A zod schema from text to value around a reader; its issues carry the reader's hint. */
export function setting<T>(read: ReadValue<T>): z.ZodMiniType<T, string> {
  return z.pipe(
    z.string(),
    z.transform((text: string, context) => {
      const value = read(text);
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
