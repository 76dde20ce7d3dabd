import { appendFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { followFile } from '../../../src/guest/follow-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Follows a file in the background; `until` waits for a text, `stop` gives all that was seen. */
function follow(path: string): { until(text: string): Promise<void>; stop(): Promise<string> } {
  const controller = new AbortController();
  let seen = '';
  const waiting = new Set<() => void>();
  const done = (async () => {
    for await (const chunk of followFile(path, { signal: controller.signal, pollMs: 5 })) {
      seen += Buffer.from(chunk).toString();
      for (const check of waiting) check();
    }
  })();
  return {
    until: (text) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!seen.endsWith(text)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    stop: async () => {
      controller.abort();
      await done;
      return seen;
    },
  };
}

test('a file that comes later, grows, is truncated and is replaced', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'console.log');
  const follower = follow(path);
  await writeFile(path, 'one ');
  await follower.until('one ');
  await appendFile(path, 'two ');
  await follower.until('two ');
  await truncate(path, 0);
  await appendFile(path, 'new');
  await follower.until('new');
  await writeFile(`${path}.next`, 'other');
  await rename(`${path}.next`, path);
  await follower.until('other');
  expect(await follower.stop()).toBe('one two newother');
});

test('what was written before the abort is still given', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'console.log');
  await writeFile(path, 'last words');
  const chunks: string[] = [];
  for await (const chunk of followFile(path, { signal: AbortSignal.abort() })) {
    chunks.push(Buffer.from(chunk).toString());
  }
  expect(chunks).toEqual(['last words']);
});

test('starts where it is told to', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'console.log');
  await writeFile(path, '0123456789');
  const follower = followFile(path, { signal: AbortSignal.abort(), fromByte: 7 });
  const { value } = await follower.next();
  expect(Buffer.from(value ?? []).toString()).toBe('789');
});
