import type { Problem, Warning } from './problem.ts';

/** A configuration file's text, ready for the shell reader. */
export interface ConfigText {
  readonly text: string;
  readonly warnings: readonly Warning[];
  readonly errors: readonly Problem[];
}

/**
 * Bytes to text. A byte-order mark and Windows line endings are taken away with
 * a warning, because bash makes nonsense of both. Bytes that are not UTF-8 become
 * lone surrogates: harmless in a comment (old files have Greek ones in
 * ISO-8859-7), refused by the reader in a value.
 */
export function readConfigText(bytes: Uint8Array): ConfigText {
  const warnings: Warning[] = [];
  const zero = bytes.indexOf(0);
  if (zero !== -1) return { text: '', warnings, errors: [binaryProblem(bytes, zero)] };

  let text = decode(bytes);
  if (text.startsWith('\uFEFF')) {
    text = text.slice(1);
    warnings.push({
      line: 1,
      message: 'The file starts with a byte-order mark, which bash takes for a command; ignored.',
    });
  }
  if (/\r(?:\n|$)/.test(text)) {
    warnings.push({
      line: text.slice(0, text.search(/\r(?:\n|$)/)).split('\n').length,
      message:
        'The file has Windows line endings; bash would put a carriage return into every value. Ignored here; tidy the file with: sed -i "s/\\r$//" utopia.config',
    });
    text = text.replaceAll(/\r+/g, (run, at: number) =>
      at + run.length === text.length || text[at + run.length] === '\n' ? '' : run,
    );
  }
  return { text, warnings, errors: [] };
}

/** True for the stand-in of a byte that was not UTF-8. */
export function hasForeignBytes(text: string): boolean {
  return /[\uDC80-\uDCFF]/u.test(text);
}

function decode(bytes: Uint8Array): string {
  try {
    return decodeStrictly(bytes);
  } catch {
    // Line by line, so that one odd comment leaves the rest readable.
    const lines: string[] = [];
    for (let start = 0; start <= bytes.length;) {
      const newline = bytes.indexOf(0x0a, start);
      const end = newline === -1 ? bytes.length : newline;
      lines.push(decodeLine(bytes.subarray(start, end)));
      start = end + 1;
    }
    return lines.join('\n');
  }
}

function decodeLine(line: Uint8Array): string {
  try {
    return decodeStrictly(line);
  } catch {
    return Array.from(line, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join(
      '',
    );
  }
}

function decodeStrictly(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function binaryProblem(bytes: Uint8Array, zero: number): Problem {
  const line = bytes.subarray(0, zero).filter((byte) => byte === 0x0a).length + 1;
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return {
      line: 1,
      message: 'The file is UTF-16 text, as Windows editors save it; the shell cannot read that.',
      hint: 'iconv -f UTF-16 -t UTF-8 utopia.config > fixed && mv fixed utopia.config',
    };
  }
  return {
    line,
    message: 'The file contains a zero byte: it is not a text file.',
    hint: 'Give the configuration file, not an image: utopia --config ./utopia.config',
  };
}
