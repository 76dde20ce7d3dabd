import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Commands in throwaway copies of a real guest: a boot for each test.
needsOfHost('qemu', 'image-tools', 'ssh');

function remains(lab: Lab): string[] {
  const { HOME = '', XDG_RUNTIME_DIR = '' } = lab.env;
  const folders = [join(HOME, '.local/state/utopia/runs'), join(XDG_RUNTIME_DIR, 'utopia/runs')];
  return folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
}

test('the folder, the streams and the status; the copy leaves nothing', async () => {
  await using lab = await makeLab({ backing: await testImage() });
  writeFileSync(join(lab.folder, 'seen in the guest'), 'yes');
  const script = [
    'pwd; cat "seen in the guest"; echo; tr a-z A-Z',
    '(echo x > new) 2>/dev/null || echo read-only >&2',
    'id -un >&2; exit 42',
  ];
  const child = lab.start('run', '--timeout', '60', '--', 'sh', '-c', script.join('\n'));
  const result = await child.ended;
  expect(result).toEqual({
    status: 42,
    stdout: `${lab.folder}\nyes\n`,
    stderr: 'read-only\nroot\n',
  });
  expect(readdirSync(lab.folder).toSorted()).toEqual(['seen in the guest', 'utopia.config']);
  expect(remains(lab)).toEqual([]);
  expect(lab.processes()).toEqual([]);
});

test('a kernel that panics under the command: 70 and the card', async () => {
  await using lab = await makeLab({ backing: await testImage() });
  const command = 'echo begun; echo kept > file; sleep 2; echo c > /proc/sysrq-trigger; sleep 60';
  const result = await lab.run('run', '--json', '--rw', '--', 'sh', '-c', command);
  expect(result.status, result.stderr).toBe(70);
  const report = JSON.parse(result.stdout) as Record<string, unknown>;
  expect(report).toMatchObject({ outcome: 'crashed', status: 70, stdout: 'begun\n' });
  expect(report['crashes']).toMatchObject([{ panic: 'sysrq triggered crash' }]);
  expect(result.stderr).toContain('sysrq triggered crash');
  expect(result.stderr).toContain('utopia oops --log');
  expect(readFileSync(join(lab.folder, 'file'), 'utf8')).toBe('kept\n');
  const console = String(report['consoleLog']);
  expect((await lab.run('oops', '--log', console)).stdout).toContain('sysrq triggered crash');
  expect(remains(lab)).toEqual([]);
  expect(lab.processes()).toEqual([]);
});
