import { describe, expect, test } from 'vitest';
import { interpretResponse, rangeCondition } from '../../../../src/image/fetch/resume-fetch.ts';

const known = { etag: '"a"', lastModified: 'Mon, 23 Nov 2026 12:00:00 GMT', totalBytes: 1000 };

describe('rangeCondition', () => {
  test.each([
    [known, '"a"'],
    [{ ...known, etag: 'W/"a"' }, known.lastModified],
    [{ etag: 'W/"a"' }, undefined],
    [{}, undefined],
  ])('of %j is %s', (remote, condition) => {
    expect(rangeCondition(remote)).toBe(condition);
  });
});

describe('interpretResponse, with 400 bytes there', () => {
  const range = { 'content-range': 'bytes 400-999/1000' };

  test.each([
    ['the rest', 206, range, 'continues'],
    ['the rest of the same tag', 206, { ...range, etag: '"a"' }, 'continues'],
    ['the rest of another tag', 206, { ...range, etag: '"b"' }, 'start-over'],
    ['the rest of another day', 206, { ...range, 'last-modified': 'Tue' }, 'start-over'],
    ['the rest of a longer file', 206, { 'content-range': 'bytes 400-999/1001' }, 'start-over'],
    ['another rest', 206, { 'content-range': 'bytes 0-999/1000' }, 'start-over'],
    ['a rest of unknown place', 206, {}, 'start-over'],
    ['a rest of unknown length', 206, { 'content-range': 'bytes 400-999/*' }, 'continues'],
    ['the whole', 200, { 'content-length': '1000' }, 'whole'],
    ['no such range', 416, { 'content-range': 'bytes */400' }, 'start-over'],
    ['not found', 404, {}, 'refused'],
    ['too many requests', 429, { 'retry-after': '7' }, 'try-again'],
    ['a broken gateway', 502, {}, 'try-again'],
    ['a request that nobody made', 100, {}, 'refused'],
  ])('%s', (_, status, headers, kind) => {
    expect(interpretResponse({ status, headers }, 400, known).kind).toBe(kind);
  });

  test('no such range at the very end means that all is there', () => {
    const head = { status: 416, headers: { 'content-range': 'bytes */1000' } };
    expect(interpretResponse(head, 1000, known)).toEqual({ kind: 'complete' });
    expect(interpretResponse(head, 1000, {}).kind).toBe('start-over');
  });

  test('the server names the pause in seconds', () => {
    const head = { status: 503, headers: { 'retry-after': '7' } };
    expect(interpretResponse(head, 0, {})).toEqual({ kind: 'try-again', afterMs: 7000 });
  });
});
