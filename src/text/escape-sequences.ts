/**
 * Escape sequences after ECMA-48 (CSI, OSC, shorter ones) and stray control characters, but for
 * tab, newline and carriage return. Written with \x escapes, since they are what is looked for.
 */
export const escapeSequences = new RegExp(
  [
    String.raw`\x1b\[[0-?]*[ -/]*[@-~]`,
    String.raw`\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)`,
    String.raw`\x1b[ -/]*[0-~]`,
    String.raw`[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]`,
  ].join('|'),
  'g',
);
