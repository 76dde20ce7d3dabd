import { expect, test } from 'vitest';
import { connectionCard, shorten } from '../../../src/ui/card.ts';

const connections = {
  ssh: { host: '127.0.0.1', port: 22223 },
  vnc: { host: '127.0.0.1', display: 0 },
  sharedDir: '/home/alice/lab/shared',
  consoleLog: '/home/alice/.local/state/utopia/lab-1a2b3c4d/console.log',
  foreground: true,
};

test('the card of the default machine', () => {
  expect(connectionCard(connections, '/home/alice/lab', '/home/alice')).toEqual([
    '  ssh      utopia ssh   or   ssh -p 22223 root@localhost   (root / root)',
    '  screen   utopia vnc   or   vncviewer localhost:0   X2Go: localhost, port 22223',
    '  share    ./shared is /home/user/shared in the guest',
    '  console  ~/.local/state/utopia/lab-1a2b3c4d/console.log',
    '  stop     Ctrl-C here, or poweroff in the guest',
  ]);
});

test('without a screen, and in the background', () => {
  const card = connectionCard(
    { ...connections, vnc: undefined, foreground: false },
    '/',
    '/home/alice',
  );
  expect(card.join('\n')).toContain('none (UTOPIA_VNC=off)');
  expect(card.at(-1)).toContain('utopia down');
});

test('paths are shortened below the current folder and the home only', () => {
  expect(shorten('/a/b', '/a', '/h')).toBe('./b');
  expect(shorten('/h/x', '/a', '/h')).toBe('~/x');
  expect(shorten('/ab', '/a', '/h')).toBe('/ab');
  expect(shorten('/a', '/a', '/h')).toBe('/a');
});
