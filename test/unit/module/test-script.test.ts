import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { trialScript } from '../../../src/module/test-script.ts';

test.each([
  [[], 'without a test'],
  [['./test.sh', "it's", '$(reboot)'], 'with odd words'],
])('is shell that can be read, %s', (words) => {
  const script = trialScript({
    ...{ mark: 'utopia0', objects: ['a.ko', 'sub/b c.ko'], words, removeSeconds: 10 },
    lookSeconds: 50,
    ...{ coverage: false, work: '/run/trial' },
  });
  execFileSync('sh', ['-n', '-c', script]);
  expect(script).toContain("'sub/b c.ko'");
  if (words.length > 0) expect(script).toContain(`'$(reboot)' </dev/null`);
});
