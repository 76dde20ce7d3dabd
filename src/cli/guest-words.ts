/** Commands whose operands are a command for the guest. */
const commandsForGuest: ReadonlySet<string> = new Set(['exec', 'run', 'ssh']);

/**
 * Options with a value in the next word, of utopia itself and of these commands; a
 * short one may stand behind others that have none.
 */
const optionWithValue =
  /^(?:--config|--login|--(?:timeout|junit|jobs|copy-out|from|commands|max-output|max-copy-out|max-log|results|logs|memory|cpus|accel|kernel|initrd|append|sensors|on-crash|boot-failure-is|output)|-[qvVhty]*[nClo])$/;

/** Behind these stand paths, as many as there are: only `--` ends them. */
const optionsWithPaths: ReadonlySet<string> = new Set(['--each', '--with']);

/** Its value may be left out: then `--` or another option must follow. */
const optionWithName = '--keep';

/**
 * Puts `--` before the guest's command where it was left out: in `utopia exec grep
 * -q x` the `-q` is grep's, though utopia has one too. Other commands stay as they are.
 */
export function separateGuestWords(words: readonly string[]): readonly string[] {
  const command = findOperand(words, 0);
  if (!commandsForGuest.has(words[command] ?? '')) return words;
  const first = findOperand(words, command + 1);
  const options = words.slice(command + 1, first);
  if (options.some((word) => optionsWithPaths.has(word))) return words;
  if (first >= words.length || words[first] === '--') return words;
  return [...words.slice(0, first), '--', ...words.slice(first)];
}

/** Position of the next word that is no option and no option's value, or of `--`; past the end without one. */
export function findOperand(words: readonly string[], from: number): number {
  let at = from;
  while (at < words.length) {
    const word = words[at] ?? '';
    if (word === '--' || !word.startsWith('-')) return at;
    const named = word === optionWithName && !(words[at + 1] ?? '-').startsWith('-');
    at += named || optionWithValue.test(word) ? 2 : 1;
  }
  return at;
}
