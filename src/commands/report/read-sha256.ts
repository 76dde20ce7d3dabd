import { UtopiaError } from '../../errors.ts';

/** A checksum as typed, in lower case. Throws `usage`. */
export function readSha256(text: string | undefined): string | undefined {
  if (text === undefined || /^[\da-f]{64}$/i.test(text)) return text?.toLowerCase();
  throw new UtopiaError('usage', `--sha256 ${text} is no SHA-256 checksum.`, {
    hint: 'It has 64 hexadecimal digits, as sha256sum prints it.',
  });
}
