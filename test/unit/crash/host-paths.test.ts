import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostPath } from '../../../src/crash/host-paths.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('a file of the share, named as the guest or as the build has it, is that of the host', () => {
  using folder = temporaryFolder();
  const shared = join(folder.path, 'shared');
  mkdirSync(join(shared, 'bad'), { recursive: true });
  writeFileSync(join(shared, 'bad/null.c'), '');
  const places = [shared, folder.path] as const;
  const file = join(shared, 'bad/null.c');
  expect(hostPath('/home/user/shared/bad/null.c', places)).toBe(file);
  expect(hostPath('bad/null.c', places)).toBe(file);
  expect(hostPath('shared/bad/null.c', places)).toBe(file);
  // The kernel's own, and those of another place.
  expect(hostPath('fs/read_write.c', places)).toBe('fs/read_write.c');
  expect(hostPath('/usr/src/x.c', places)).toBe('/usr/src/x.c');
});
