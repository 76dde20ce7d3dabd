import { quoteForShell } from '../text/shell-words.ts';

/** A command that can be pasted into a shell, an option with its values a line. Pure. */
export function shellCommand(binary: string, argv: readonly string[]): string {
  let text = quoteForShell(binary);
  for (const word of argv) {
    text += word.startsWith('-') ? ` \\\n  ${quoteForShell(word)}` : ` ${quoteForShell(word)}`;
  }
  return text;
}
