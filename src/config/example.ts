import { factsOf, keyNames, type KeyFacts, type KeyName } from './config-keys.ts';

const preamble = `# utopia.config: the settings of this folder's machine.
#
# Every line is optional; a line that starts with # is a comment. Take the #
# away to set a key. The file has the shell's syntax (quote what contains
# blanks), but nothing in it is executed. Relative paths start at this file's
# folder. utopia config shows every value and where it comes from.
# Your own values over those of this file can stand in .env beside it.
`;

/** The text of utopia.config.example, which is also what `utopia init` writes: every key, commented out. */
export function renderExample(): string {
  return [preamble, ...keyNames.map(renderKey)].join('\n');
}

function renderKey(key: KeyName): string {
  const facts = factsOf(key);
  const words = [facts.description, `Takes ${facts.takes}.`, `Default: ${describeDefault(facts)}.`];
  const comment = wrapComment(words.join(' '));
  return `${comment}\n#${key}=${facts.sample}\n`;
}

/** The default in words: its text, how it is found, or "none". */
export function describeDefault(facts: KeyFacts): string {
  if (facts.default === '') return 'none';
  return facts.default ?? facts.defaultRule ?? 'none';
}

function wrapComment(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= 79) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(`# ${word}`);
  }
  return lines.join('\n');
}
