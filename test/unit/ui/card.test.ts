import { expect, test } from 'vitest';
import type { Connections } from '../../../src/machine/connection-facts.ts';
import { connectionCard } from '../../../src/ui/card.ts';
import { shortenPath } from '../../../src/text/shorten-path.ts';

const connections = {
  ssh: { host: '127.0.0.1', port: 22223 },
  vnc: { host: '127.0.0.1', display: 0 },
  sharedDir: '/home/alice/lab/shared',
  consoleLog: '/home/alice/.local/state/utopia/lab-1a2b3c4d/console.log',
  foreground: true,
};

test('the card of the default machine', () => {
  expect(connectionCard(connections, '/home/alice/lab', '/home/alice')).toEqual([
    '  ssh      utopia ssh   or   ssh -p 22223 root@127.0.0.1   (root / root)',
    '  screen   utopia vnc   or   vncviewer 127.0.0.1:0',
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

/** The row about the network, if the card has one. */
function networkRow(more: object): string | undefined {
  const card = connectionCard({ ...connections, ...more }, '/', '/h');
  return card.find((line) => line.startsWith('  network'));
}

test('the network, where it is closed, and where others are on the host', () => {
  expect(networkRow({})).toBeUndefined();
  expect(networkRow({ isolated: true })).toBe(
    '  network  the guest reaches nothing (UTOPIA_NETWORK=none)',
  );
  expect(networkRow({ others: 'anna' })).toHaveLength(80);
});

/** What the card says of the share besides where it is. */
function shareRows(more: Partial<Connections>): string[] {
  const card = connectionCard({ ...connections, ...more }, '/', '/home/alice');
  const start = card.findIndex((line) => line.startsWith('  share'));
  return card.slice(
    start + 1,
    card.findIndex((line) => line.startsWith('  console')),
  );
}

test('a share that others can open, and one to which the guest’s user cannot write', () => {
  expect(shareRows({})).toEqual([]);
  expect(shareRows({ shareReach: 'write' })).toEqual([
    '           others here can write it; utopia doctor --fix closes it',
  ]);
  const shareTrouble = 'user cannot open it there (yours, id 54001); root can: utopia ssh';
  expect(shareRows({ shareTrouble })).toEqual([`           ${shareTrouble}`]);
});

const shown = (more: object): string =>
  connectionCard({ ...connections, ...more }, '/home/alice/lab', '/home/alice').join('\n');

const desktop = { sessionType: 'ICEWM', emulated: false };

test('a guest that takes keys alone: the key’s file, for X2Go too, and no password', () => {
  const card = shown({
    x2go: desktop,
    keyFile: '/home/alice/.local/state/utopia/lab/ssh/id_ed25519',
    others: 'anna',
  });
  expect(card).toContain(
    'ssh -p 22223 -i KEY root@127.0.0.1\n  key      ~/.local/state/utopia/lab/ssh/',
  );
  expect(card).toContain(
    '  X2Go     127.0.0.1, port 22223, session type ICEWM, KEY as its RSA/DSA key\n',
  );
  expect(card).not.toMatch(/root \/ root|log in/);
  expect(card.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test('a throwaway copy is reached by its name', () => {
  const copy = shown({ copy: 'copy-1a2b3c4d', closed: true });
  expect(copy).toContain('utopia -n copy-1a2b3c4d ssh');
  expect(copy).not.toContain('port');
});

test('a guest whose kernel has stopped takes no login; its screen and its console are there', () => {
  const card = shown({
    lost: true,
    foreground: false,
    x2go: desktop,
    others: 'anna',
    vnc: connections.vnc,
  });
  expect(card).not.toMatch(/ssh|X2Go|log in|poweroff/);
  expect(card).toMatch(/^ {2}screen [^]*^ {2}console /m);
});

test('a port that is closed, and other people', () => {
  const closed = shown({ x2go: desktop, closed: true, others: 'anna' });
  expect(closed).toContain('utopia ssh   (port 22223 is closed; utopia login key opens it)');
  expect(closed).not.toMatch(/X2Go|root \/ root|log in/);
  expect(shown({ others: 'anna and 3 others' })).toContain(
    '  others   anna and 3 others can log in too: utopia login key',
  );
  expect(shown({ others: 'anna', othersTold: true })).not.toContain('log in');
  const long = shown({ others: `${'a'.repeat(32)} and 12 others, and every account of winbind` });
  expect(long).toContain('  others   other people can log in: utopia login key');
});

/** The card of a machine with so many exercise disks, the second read-only, and with none of them no feed. */
function rows(count: number): string[] {
  const disks = Array.from({ length: count }, (_, n) => ({
    name: `fsdisk${n + 1}`,
    mode: n === 1 ? 'ro' : 'snapshot',
  }));
  return connectionCard({ ...connections, disks, sensors: count > 0 }, '/', '/home/alice');
}

test('exercise disks by the guest’s names, as far as they fit, and the sensor feed', () => {
  expect(rows(2)).toContain('  disks    vdb fsdisk1, vdc fsdisk2 (ro)');
  expect(rows(2)).toContain('  sensors  /dev/ttyS1 in the guest; utopia sensors');
  expect(rows(9)).toContain('  disks    9 exercise disks; utopia disks lists them');
  expect(rows(0).join('\n')).not.toMatch(/disks|sensors/);
});

test('paths are shortened below the current folder and the home only', () => {
  expect(shortenPath('/a/b', '/a', '/h')).toBe('./b');
  expect(shortenPath('/h/x', '/a', '/h')).toBe('~/x');
  expect(shortenPath('/ab', '/a', '/h')).toBe('/ab');
  expect(shortenPath('/a', '/a', '/h')).toBe('/a');
});

test('X2Go, where the guest has its server', () => {
  expect(shown({})).not.toContain('X2Go');
  expect(shown({ x2go: desktop })).toContain(
    '  X2Go     127.0.0.1, port 22223, session type ICEWM\n',
  );
  // The lab with x2goserver has no desktop of its own.
  const included = { sessionType: undefined, emulated: true };
  expect(shown({ x2go: included })).toContain(
    '  X2Go     127.0.0.1, port 22223\n           emulated, a session takes 10 minutes or more\n',
  );
  expect(shown({ keyFile: '/k' })).not.toContain('X2Go');
});

test('an up in an SSH session says what its end does; in the background nothing does', () => {
  expect(shown({ remote: true })).toMatch(
    /closing this SSH session does, too: utopia up --detach stays$/,
  );
  expect(shown({ remote: true, foreground: false })).not.toContain('SSH session');
  expect(shown({})).not.toContain('SSH session');
});

/** The words of a card; a path may go on in the next line, behind a slash. */
function words(lines: readonly string[]): string {
  return lines
    .map((line) => line.trim())
    .join(' ')
    .replaceAll('/ ', '/')
    .replaceAll(/\s+/g, ' ');
}

test.each([40, 60])('on %s columns no line is longer, and no word is broken', (columns) => {
  const all: Connections = {
    ...connections,
    ...{ exposed: { host: '192.0.2.7', port: 22223 }, remote: true, others: 'anna' },
    x2go: { ...desktop, emulated: true },
    ...{ sensors: true, shareReach: 'write', isolated: true },
  };
  const wide = connectionCard(all, '/home/alice/lab', '/home/alice', 1_000);
  const narrow = connectionCard(all, '/home/alice/lab', '/home/alice', columns);
  expect(narrow.filter((line) => line.length > columns)).toEqual([]);
  expect(words(narrow)).toBe(words(wide));
});

test('a path of no folder stays as it is', () => {
  expect(shortenPath('fs/read_write.c', process.cwd(), '/home/alice')).toBe('fs/read_write.c');
});
