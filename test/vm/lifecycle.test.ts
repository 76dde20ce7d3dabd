import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { testImage } from '../support/image.ts';
import { makeLab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

needsOfHost('qemu', 'image-tools', 'ssh');

const script = join(import.meta.dirname, '../support/lifecycle-script.ts');
const tsx = import.meta.resolve('tsx');

test('a program without command line and terminal starts, uses, suspends, resumes and stops a machine', async () => {
  await using lab = await makeLab({ backing: await testImage() });
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', tsx, script], {
    cwd: lab.folder,
    env: lab.env,
  });
  const steps = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { step: string; value: unknown });
  expect(steps).toEqual([
    { step: 'up', value: 'booted' },
    { step: 'run', value: 'Linux' },
    { step: 'suspend', value: true },
    { step: 'up', value: 'resumed' },
    { step: 'run', value: 'kept' },
    { step: 'stop', value: 'powered-down' },
  ]);
  expect(lab.processes()).toEqual([]);
});
