import { expect, test } from 'vitest';
import { buildProgram } from '../../../src/cli.ts';
import { separateGuestWords } from '../../../src/cli/guest-words.ts';
import { openTerminal } from '../../../src/ui/terminal.ts';

test.each([
  ['exec grep -q x', 'exec -- grep -q x'],
  ['-n ask1 exec -l user ls -la', '-n ask1 exec -l user -- ls -la'],
  ['-C exec exec --login=user ls', '-C exec exec --login=user -- ls'],
  ['ssh -t top -d 1', 'ssh -t -- top -d 1'],
  ['ssh -tl user ls -l', 'ssh -tl user -- ls -l'],
  ['-nlun exec grep -q x', '-nlun exec -- grep -q x'],
  ['exec -- ls -- x', 'exec -- ls -- x'],
  ['run --timeout 5 --junit x make -j 2', 'run --timeout 5 --junit x -- make -j 2'],
  ['run --copy-out a make -j 2', 'run --copy-out a -- make -j 2'],
  ['run --keep debug make -j 2', 'run --keep debug -- make -j 2'],
  ['run --keep --rw make -j 2', 'run --keep --rw -- make -j 2'],
  ['run --keep -- make -j 2', 'run --keep -- make -j 2'],
  ['run --each a b --jobs 2 -- ./x', 'run --each a b --jobs 2 -- ./x'],
  ['run --with a -- ./x', 'run --with a -- ./x'],
  ['run --each=a --with b c -- ./x', 'run --each=a --with b c -- ./x'],
  ['run --each=a grep -q x', 'run --each=a -- grep -q x'],
  ['run ./x --each a --with b', 'run -- ./x --each a --with b'],
  ['ssh', 'ssh'],
  ['ssh --help', 'ssh --help'],
  ['status --json', 'status --json'],
  ['help exec', 'help exec'],
])('%s becomes %s', (typed, read) => {
  expect(separateGuestWords(typed.split(' '))).toEqual(read.split(' '));
});

test('every option of these commands is known by whether a value follows it', () => {
  const { signal } = new AbortController();
  const program = buildProgram({
    cwd: '/',
    env: {},
    terminal: openTerminal(process, {}),
    signal,
    urgentSignal: signal,
    program: [],
    commandLine: [],
    words: [],
    timeoutScale: 1,
  });
  const wrong: string[] = [];
  for (const command of program.commands) {
    if (!['exec', 'run', 'ssh'].includes(command.name())) continue;
    for (const { long, short, required, optional, variadic } of [
      ...program.options,
      ...command.options,
    ]) {
      // Behind a variadic one, only `--` ends the values.
      if (variadic) continue;
      const takes = required || optional;
      for (const flag of [long, short]) {
        if (flag === undefined) continue;
        const words = [command.name(), flag, 'value', 'last'];
        const expected = words.toSpliced(takes ? 3 : 2, 0, '--').join(' ');
        const read = separateGuestWords(words).join(' ');
        if (read !== expected) wrong.push(`${read} instead of ${expected}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
