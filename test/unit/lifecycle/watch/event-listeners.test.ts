import { expect, test } from 'vitest';
import { createEventListeners } from '../../../../src/lifecycle/watch/event-listeners.ts';
import type { GuestEvent } from '../../../../src/guest/events.ts';

const halted: GuestEvent = { kind: 'halted', atMs: 5 };

/** What a new listener hears, at once and a moment later. */
async function heardBy(events: ReturnType<typeof createEventListeners>): Promise<string[]> {
  const heard: string[] = [];
  events.add(({ kind }) => heard.push(kind));
  await Promise.resolve();
  return heard;
}

test('who listens after a halt hears of it, every one of them once', async () => {
  const events = createEventListeners();
  expect(await heardBy(events)).toEqual([]);
  events.emit(halted);
  expect(await heardBy(events)).toEqual(['halted']);
  expect(await heardBy(events)).toEqual(['halted']);
});

test('who listened before hears it once', () => {
  const events = createEventListeners();
  const heard: string[] = [];
  events.add(({ kind }) => heard.push(kind));
  events.emit(halted);
  expect(heard).toEqual(['halted']);
});

test('not after the next boot, and not who has stopped listening', async () => {
  const events = createEventListeners();
  events.emit(halted);
  const heard: string[] = [];
  const stop = events.add(({ kind }) => heard.push(kind));
  stop();
  await Promise.resolve();
  expect(heard).toEqual([]);
  events.emit({ kind: 'rebooted', by: 'guest', atMs: 9 });
  expect(await heardBy(events)).toEqual([]);
});
