import { expect, test } from 'vitest';
import { findCycles, readImports, readUses, type Import } from '../support/imports.ts';

/** Belongs to no room: everybody may import it, and it imports nothing above itself. */
const ground = [
  'system',
  'text',
  'errors.ts',
  'environment.ts',
  'progress-events.ts',
  'hardware-generation.ts',
  'qemu-words.ts',
  'share-options.ts',
  'version.ts',
  'wait-at-crash.ts',
];
const rooms = [
  'config',
  'crash',
  'diagnose',
  'guest',
  'host',
  'image',
  'kernel',
  'ktap',
  'machine',
  'module',
  'qemu',
  'qmp',
  'sensors',
  'vmcore',
  'vmstate',
];

/** What a folder, or a file, may import: values, and beyond them types alone. */
interface Arrow {
  readonly values: readonly string[];
  readonly types?: readonly string[];
}

/** Of a folder of lifecycle/: what it may use there, and all that lies below. */
function belowAnd(...folders: readonly string[]): Arrow {
  return { values: [...folders, ...rooms, ...ground], types: ['lifecycle/lifecycle-context.ts'] };
}

/** From the bottom up. A path is of the entry with the longest name that leads to it. */
const arrows: Readonly<Record<string, Arrow>> = {
  ...Object.fromEntries(ground.map((each) => [each, { values: ground }])),
  ...Object.fromEntries(rooms.map((each) => [each, { values: [each, ...ground], types: rooms }])),
  // What happens to a machine: arrows run downwards.
  'lifecycle/lifecycle-context.ts': { values: ground },
  'lifecycle/launch': belowAnd('lifecycle/launch'),
  'lifecycle/watch': belowAnd('lifecycle/watch', 'lifecycle/launch'),
  'lifecycle/saved': belowAnd('lifecycle/saved', 'lifecycle/watch', 'lifecycle/launch'),
  'lifecycle/throwaway': belowAnd(
    'lifecycle/throwaway',
    'lifecycle/crash',
    'lifecycle/saved',
    'lifecycle/watch',
    'lifecycle/launch',
  ),
  'lifecycle/several': belowAnd(
    'lifecycle/several',
    'lifecycle/throwaway',
    'lifecycle/saved',
    'lifecycle/watch',
    'lifecycle/launch',
  ),
  'lifecycle/source': belowAnd('lifecycle/source'),
  'lifecycle/kernel': belowAnd(
    'lifecycle/kernel',
    'lifecycle/source',
    'lifecycle/throwaway',
    'lifecycle/saved',
    'lifecycle/watch',
    'lifecycle/launch',
  ),
  'lifecycle/qemu': belowAnd(
    'lifecycle/qemu',
    'lifecycle/kernel',
    'lifecycle/source',
    'lifecycle/throwaway',
    'lifecycle/saved',
    'lifecycle/watch',
    'lifecycle/launch',
  ),
  'lifecycle/doctor': belowAnd('lifecycle/doctor', 'lifecycle/launch'),
  'lifecycle/debug': belowAnd('lifecycle/debug', 'lifecycle/watch', 'lifecycle/launch'),
  'lifecycle/crash': belowAnd(
    'lifecycle/crash',
    'lifecycle/debug',
    'lifecycle/watch',
    'lifecycle/launch',
  ),
  'lifecycle/module': belowAnd(
    'lifecycle/module',
    'lifecycle/kernel',
    'lifecycle/throwaway',
    'lifecycle/saved',
    'lifecycle/watch',
    'lifecycle/launch',
  ),
  'lifecycle/tests': belowAnd(
    'lifecycle/tests',
    'lifecycle/module',
    'lifecycle/kernel',
    'lifecycle/throwaway',
    'lifecycle/saved',
    'lifecycle/watch',
    'lifecycle/launch',
  ),
  'lifecycle/bisect': belowAnd(
    'lifecycle/bisect',
    'lifecycle/kernel',
    'lifecycle/throwaway',
    'lifecycle/saved',
    'lifecycle/watch',
    'lifecycle/launch',
  ),
  // What lies in lifecycle/ itself puts these together for a whole machine.
  lifecycle: belowAnd('lifecycle'),
  // Data → text, events → terminal.
  ui: { values: ['ui', ...ground], types: ['lifecycle/lifecycle-context.ts', ...rooms] },
  'context.ts': { values: ground, types: ['lifecycle/lifecycle-context.ts', 'ui'] },
  // Gather flags, call, render.
  commands: { values: ['commands', 'lifecycle', 'ui', ...rooms, ...ground], types: ['context.ts'] },
  cli: {
    values: ['cli', 'commands', 'config', 'ui', ...ground],
    types: ['context.ts', 'lifecycle'],
  },
  'cli.ts': { values: ['cli', 'ui', ...ground], types: ['context.ts'] },
  'program.ts': { values: ['cli.ts', 'cli', 'ui', ...ground] },
  'main.ts': { values: ['program.ts', 'compiled-code.ts', ...ground] },
  'compiled-code.ts': { values: ground },
};

/** Libraries and their only places. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  commander: ['cli', 'cli.ts', 'program.ts'],
  chalk: ['ui'],
  ora: ['ui'],
  'string-width': ['text'],
};

/** Commands that use another one, each with why; a command else uses its own folder and commands/report. */
const commandPairs: Readonly<Record<string, string>> = {
  'rescue → up': 'it starts the machine as up does, with another kernel or as a second disk',
  'up → image-build': 'it offers the image that is missing',
  'crash-show → oops': 'a crash that was kept is explained by the same card',
  'kernel-install → oops': 'a kernel that crashed at its first boot is explained by the same card',
  'report → oops': 'a copy that crashed is explained by the same card',
};

const imports = readImports();
const local = imports.filter(({ to }) => to.endsWith('.ts'));

/** The entry of the table that a path belongs to. */
function roomOf(path: string): string {
  const entries = Object.keys(arrows).filter((each) => isIn(path, each));
  return entries.toSorted((one, other) => other.length - one.length)[0] ?? 'no room';
}

function isIn(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

function isAllowed({ from, to, as }: Import): boolean {
  const arrow = arrows[roomOf(from)];
  if (arrow === undefined) return false;
  const { values, types = [] } = arrow;
  const allowed = as === 'type' ? [...values, ...types] : values;
  return allowed.some((place) => isIn(to, place));
}

test.each<Import>([
  { from: 'cli.ts', to: 'commander', as: 'value' },
  { from: 'context.ts', to: 'ui/terminal.ts', as: 'type' },
  { from: 'commands/up.ts', to: 'commands/up/bring-up.ts', as: 'lazy' },
  { from: 'lifecycle/start-machine.ts', to: 'lifecycle/launch/prepare.ts', as: 'value' },
])('the reader finds %j', (each) => {
  expect(imports).toContainEqual(each);
});

test('every file belongs to a room of the table', () => {
  const files = new Set(
    imports.flatMap(({ from, to }) => (to.endsWith('.ts') ? [from, to] : [from])),
  );
  expect([...files].filter((file) => roomOf(file) === 'no room')).toEqual([]);
});

test('imports lead down, from commands to lifecycle to rooms to the ground', () => {
  const wrong = local.filter((each) => !isAllowed(each)).map(sayWrong);
  expect(wrong).toEqual([]);
});

function sayWrong({ from, to, as }: Import): string {
  const [above, below] = [roomOf(from), roomOf(to)];
  const way =
    rooms.includes(above) && rooms.includes(below)
      ? 'Rooms share types alone: have lifecycle/ or the command pass the value in.'
      : `Move what ${above} needs of ${below} to below both, or pass it in as an argument.`;
  return `src/${from} imports ${as === 'type' ? 'a type' : 'a value'} of src/${to}. ${way}`;
}

test('no file is reached from itself, types counted', () => {
  const circles = findCycles(local).map(
    (files) =>
      `${files.map((each) => `src/${each}`).join(' and ')} import each other: give what they share a file of its own.`,
  );
  expect(circles).toEqual([]);
});

test('a library stays in its place', () => {
  const wrong = imports.filter(({ from, to }) => {
    const places = libraries[to];
    return places !== undefined && !places.some((place) => isIn(from, place));
  });
  expect(wrong.map(({ from, to }) => `src/${from} imports ${to}`)).toEqual([]);
});

/** `up` of commands/up.ts and of commands/up/say.ts. */
function commandOf(path: string): string | undefined {
  return /^commands\/([^/]+?)(?:\.ts)?(?:\/|$)/.exec(path)?.[1];
}

test('a command uses no other command, but for the pairs of the table', () => {
  const pairs = new Set<string>();
  for (const { from, to } of local) {
    const [using, used] = [commandOf(from), commandOf(to)];
    if (using === undefined || used === undefined || using === used || used === 'report') continue;
    pairs.add(`${using} → ${used}`);
  }
  expect([...pairs].toSorted()).toEqual(Object.keys(commandPairs).toSorted());
});

test('lifecycle/ takes from the process only what tells it apart', () => {
  const uses = readUses('lifecycle', /\bprocess\.(\w+)/g);
  expect([...new Set(uses.map(([name]) => name))].toSorted()).toEqual(['geteuid', 'getuid', 'pid']);
});

test('a circle is found, also through a type, and an import() closes none', () => {
  const circle: Import[] = [
    { from: 'a.ts', to: 'b.ts', as: 'type' },
    { from: 'b.ts', to: 'c.ts', as: 'value' },
    { from: 'c.ts', to: 'a.ts', as: 'value' },
    { from: 'd.ts', to: 'a.ts', as: 'value' },
  ];
  expect(findCycles(circle)).toEqual([['a.ts', 'b.ts', 'c.ts']]);
  expect(findCycles(circle.map((each) => ({ ...each, as: 'lazy' })))).toEqual([]);
});

test.each<[Import, boolean]>([
  [{ from: 'config/load-config.ts', to: 'host/check.ts', as: 'type' }, true],
  [{ from: 'config/load-config.ts', to: 'host/check.ts', as: 'value' }, false],
  [{ from: 'system/places.ts', to: 'config/load-config.ts', as: 'type' }, false],
  [{ from: 'lifecycle/launch/x.ts', to: 'lifecycle/watch/y.ts', as: 'type' }, false],
  [{ from: 'lifecycle/throwaway/x.ts', to: 'lifecycle/saved/y.ts', as: 'value' }, true],
  [{ from: 'lifecycle/saved/x.ts', to: 'ui/ask.ts', as: 'type' }, false],
  [{ from: 'lifecycle/saved/x.ts', to: 'commands/up.ts', as: 'lazy' }, false],
])('%j is judged as the table says', (each, allowed) => {
  expect(isAllowed(each)).toBe(allowed);
});
