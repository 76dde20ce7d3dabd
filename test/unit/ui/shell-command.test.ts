import { expect, test } from 'vitest';
import { shellCommand } from '../../../src/ui/shell-command.ts';

test('an option with its values has a line, and a shell reads all of it as it was', () => {
  expect(shellCommand('/usr/bin/qemu', ['-m', '1024M', '-name', 'a b', '-S'])).toBe(
    "/usr/bin/qemu \\\n  -m 1024M \\\n  -name 'a b' \\\n  -S",
  );
  expect(shellCommand('/my qemu', [])).toBe("'/my qemu'");
});
