import { expect, test } from 'vitest';
import { separateGuestWords } from '../../../src/cli/guest-words.ts';

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
  ['ssh', 'ssh'],
  ['ssh --help', 'ssh --help'],
  ['status --json', 'status --json'],
  ['help exec', 'help exec'],
])('%s becomes %s', (typed, read) => {
  expect(separateGuestWords(typed.split(' '))).toEqual(read.split(' '));
});
