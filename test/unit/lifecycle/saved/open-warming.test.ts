import { expect, test } from 'vitest';
import { warmChild } from '../../../../src/lifecycle/saved/open-warming.ts';

const context = {
  program: ['/usr/bin/node', '/opt/utopia.js'],
  cwd: '/lab',
  env: { HOME: '/home/alice', UTOPIA_MEMORY_MB: '2048' },
};

const paths = { id: 'lab-01234567' };

test('the base is made by the same program, for the machine as flags have set it', () => {
  const flags = { UTOPIA_MEMORY_MB: '512' };
  const child = warmChild(
    context,
    {},
    { flags },
    {
      config: { file: '/lab/utopia.config' },
      paths,
    },
  );
  expect(child.command.slice(0, 1)).toEqual(['/usr/bin/node']);
  expect(child.command.slice(-5)).toEqual(['/opt/utopia.js', 'image', 'warm', '--quiet', '--json']);
  expect(child).toMatchObject({
    cwd: '/lab',
    env: { HOME: '/home/alice', UTOPIA_MEMORY_MB: '512' },
  });
});

test('a config file that was named is named to it', () => {
  const machine = { config: { file: '/elsewhere/ask2.config' }, paths };
  const { command } = warmChild(
    context,
    { config: '../elsewhere/ask2.config' },
    { flags: {} },
    machine,
  );
  expect(command.slice(-2)).toEqual(['--config', '/elsewhere/ask2.config']);
});

test('a machine that -n or a search has found is named by its id: it need not have a file', () => {
  const file = '/elsewhere/utopia.config';
  const machine = { config: { file }, paths };
  const { command } = warmChild(context, { machine: { file } }, { flags: {} }, machine);
  expect(command.slice(-2)).toEqual(['-n', 'lab-01234567']);
});
