import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import {
  parseReleasedShares,
  releaseSharesScript,
  wakeScript,
} from '../../../src/guest/share-mounts.ts';

describe('what taking the shares away came to', () => {
  test('mounts with blanks in their place, and who holds one, each once', () => {
    const text = [
      'mount shared /home/user/my\\040share rw,trans=virtio',
      'busy /home/user/my\\040share',
      'holder 812 tmux: server',
      'holder 812 tmux: server',
      'holder 9 sh',
      '',
    ].join('\n');
    expect(parseReleasedShares(text)).toEqual({
      mounts: [{ source: 'shared', target: '/home/user/my share', options: 'rw,trans=virtio' }],
      holders: ['tmux: server (pid 812)', 'sh (pid 9)'],
    });
  });

  test('a guest without a share says nothing', () => {
    expect(parseReleasedShares('')).toEqual({ mounts: [], holders: [] });
  });
});

describe('the scripts are a shell’s', () => {
  const odd = { source: 'shared', target: "/mnt/it's a share", options: 'rw,trans=virtio' };

  test.each([
    ['release', releaseSharesScript],
    ['wake', wakeScript([odd])],
  ])('%s', (_name, script) => {
    // -n reads without running.
    expect(execFileSync('sh', ['-n', '-c', script]).toString()).toBe('');
  });

  test('no share here: the script ends well and prints nothing', () => {
    expect(execFileSync('sh', ['-c', releaseSharesScript]).toString()).toBe('');
  });
});
