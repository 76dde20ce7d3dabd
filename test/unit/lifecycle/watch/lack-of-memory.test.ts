import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findLackOfMemory } from '../../../../src/lifecycle/watch/lack-of-memory.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const boot = '[    0.000000] Linux version 6.12.1 (x@y) (gcc) #1 SMP\n';
const killed =
  '[   66.386059] Out of memory: Killed process 214 (unix_chkpwd) total-vm:20416kB, anon-rss:16512kB, file-rss:84kB, shmem-rss:0kB, UID:0 pgtables:76kB oom_score_adj:0\n';

test.each([
  ['a boot that has ended a process', boot + killed, 'unix_chkpwd'],
  [
    'the same behind megabytes of others',
    boot + 'a line\n'.repeat(400_000) + killed,
    'unix_chkpwd',
  ],
  ['only a boot before it', boot + killed + boot, undefined],
  ['nothing of the kind', boot, undefined],
  ['the words in a line of a program', `${boot}test: we are out of memory today\n`, undefined],
])('%s', async (_, text, name) => {
  using folder = temporaryFolder();
  const log = join(folder.path, 'console.log');
  writeFileSync(log, text);
  const said = await findLackOfMemory(log);
  if (name === undefined) expect(said).toBeUndefined();
  else expect(said).toBe(`it has too little memory, and its kernel has ended ${name} for that.`);
});

test('a console that is not there tells of nothing', async () => {
  expect(await findLackOfMemory('/nonexistent/console.log')).toBeUndefined();
});
