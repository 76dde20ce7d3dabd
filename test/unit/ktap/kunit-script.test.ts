import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { kunitScript } from '../../../src/ktap/kunit-script.ts';

test('is shell that can be read', () => {
  const script = kunitScript('utopia0');
  execFileSync('sh', ['-n', '-c', script]);
  expect(script).toContain('s|^\\([^:]*\\):.*/kunit\\.ko.*|\\1|p');
});
