import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { watchForLoss } from '../../../../src/lifecycle/watch/session-loss.ts';
import type { GuestEvent } from '../../../../src/guest/events.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** A session in which only this is heard. */
function sessionWith(...events: readonly GuestEvent[]): Parameters<typeof watchForLoss>[0] {
  return {
    onEvent: (listener) => {
      for (const event of events) listener(event);
      return () => {};
    },
    exited: new Promise(() => {}),
  };
}

test.each<[string, GuestEvent]>([
  ['was reset', { kind: 'rebooted', by: 'guest', atMs: 1 }],
  ['powered off', { kind: 'shutdown', by: 'guest', reason: 'guest-shutdown', atMs: 1 }],
  ['panicked', { kind: 'panicked', atMs: 1 }],
])('a guest that %s is told of, with its last words', async (how, event) => {
  using folder = temporaryFolder();
  const consoleLog = join(folder.path, 'console.log');
  writeFileSync(consoleLog, 'first\n\n\u001B[31mlast\u001B[0m words\r\n');
  const { lost } = watchForLoss(sessionWith(event), { consoleLog }, 'it was asked');
  await expect(lost).rejects.toMatchObject({
    code: 'guest-lost',
    message: `The guest ${how} while it was asked.`,
    details: ['| first', '| last words'],
  });
});

test('a guest that goes on, or is no concern any more, is not', async () => {
  const resumed: GuestEvent = { kind: 'resumed', atMs: 1 };
  const exited = sleep(20, { code: 0, signal: null, atMs: 20 });
  const { lost, stop } = watchForLoss(
    { ...sessionWith(resumed), exited },
    { consoleLog: '/none' },
    'it was asked',
  );
  stop();
  await exited;
  expect(await Promise.race([lost, sleep(50, 'nothing')])).toBe('nothing');
});
