import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkRoute, readRoute } from '../../../src/guest/copy-route.ts';

const folder = mkdtempSync(join(tmpdir(), 'copy-route-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a colon marks the side of the guest, and paths of the host become absolute', () => {
  expect(readRoute(['a:b', '-x', ':'], '/home/me')).toEqual({
    direction: 'to-guest',
    sources: ['/home/me/a:b', '/home/me/-x'],
    target: '',
  });
  expect(readRoute([':/etc/fstab', './out/'], '/home/me')).toEqual({
    direction: 'from-guest',
    sources: ['/etc/fstab'],
    target: '/home/me/out/',
  });
});

test.each([
  [[':a'], 'other is missing'],
  [[':a', ':b'], 'both in the guest'],
  [['a', 'b'], 'None of the paths'],
  [[':a', 'b', 'c'], 'b is on the host'],
])('%j leads nowhere', (paths, message) => {
  expect(() => readRoute(paths, '/')).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) as string }),
  );
});

test('the side of the host is looked at before the guest', async () => {
  writeFileSync(join(folder, 'there'), '');
  const [there, none] = [join(folder, 'there'), join(folder, 'none')];
  await checkRoute({ direction: 'to-guest', sources: [there], target: '' });
  await checkRoute({ direction: 'from-guest', sources: ['a'], target: none });
  const wrong = [
    { direction: 'to-guest', sources: [there, none], target: '' },
    { direction: 'from-guest', sources: ['a', 'b'], target: there },
    { direction: 'from-guest', sources: ['a'], target: `${none}/` },
  ] as const;
  for (const route of wrong) {
    await expect(checkRoute(route)).rejects.toMatchObject({ code: 'copy-failed' });
  }
});
