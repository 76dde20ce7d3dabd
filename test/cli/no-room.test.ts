import { execa } from 'execa';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunResult } from '../support/lab.ts';
import { startImageServer } from '../support/image-server.ts';
import { labWithGuest } from '../support/guest-lab.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Small tmpfs mounts, in a mount namespace of each command.
needsOfHost('qemu', 'root', 'mount-namespaces');

type Kind = 'full' | 'read-only';

/**
 * Runs a command of a lab where these folders are small tmpfs mounts, without room or closed.
 * Files `old` (names with blanks between) are in each before; stdout ends with what is in them.
 */
async function runWhere(
  kind: Kind,
  folders: readonly string[],
  lab: Lab,
  words: readonly string[],
  old = '',
): Promise<RunResult> {
  const end =
    kind === 'full' ? 'cat /dev/zero >"$d/filler" 2>/dev/null; :' : 'mount -o remount,ro "$d"';
  const named = folders.map((folder) => `'${folder}'`).join(' ');
  const mounts = `for d in ${named}; do mkdir -p "$d"; mount -t tmpfs -o size=64k,mode=700 none "$d"; for f in ${old}; do echo mine >"$d/$f"; done; ${end}; done; "$@"; status=$?; for f in ${old}; do echo "$f: $(cat "$d/$f")"; done; exit $status`;
  const { exitCode, stdout, stderr } = await execa(
    'unshare',
    ['-m', 'sh', '-c', mounts, 'sh', ...lab.command, ...words],
    {
      ...{ cwd: lab.folder, env: lab.env as Record<string, string>, extendEnv: false },
      ...{ reject: false, timeout: 60_000 },
    },
  );
  return { status: exitCode ?? null, stdout, stderr };
}

/** What each kind is called, and never anything else. */
const rightWords = {
  full: /[Nn]o room/,
  'read-only': /is read-only|not writable .EROFS/,
} satisfies Record<Kind, RegExp>;
const wrongWords = /has a bug|warm base|ENOENT|no such file|node:internal/;

const commands: readonly (readonly string[])[] = [
  ['up', '--detach', '--no-wait'],
  ['run', '--', 'true'],
  ['image', 'fetch', 'URL'],
  ['-C', 'OUTPUT', '--config', 'new.config', 'init'],
  ['-C', 'OUTPUT', 'doctor', '--report', 'report.txt'],
  ['-C', 'OUTPUT', 'sensors', 'record', 'frames', '--from', 'sim', '--seconds', '1'],
];

test.each(
  commands.flatMap((words) =>
    (['full', 'read-only'] as const).map((kind) => [kind, words] as const),
  ),
)('everything of ours is %s: utopia %s says what is in the way', async (kind, words) => {
  await using server = await startImageServer(Buffer.alloc(1 << 20, 'disk'));
  await using lab = await makeLab({ scenario: {} });
  const { HOME = '', XDG_CACHE_HOME = '' } = lab.env;
  const output = join(HOME, 'output');
  const places = [join(HOME, '.local/state/utopia'), join(XDG_CACHE_HOME, 'utopia'), output];
  const meant = words.map((word) =>
    word === 'URL' ? server.url.href : word === 'OUTPUT' ? output : word,
  );
  const { status, stderr } = await runWhere(kind, places, lab, meant);
  expect(stderr).not.toMatch(wrongWords);
  expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(rightWords[kind]);
  expect(status, stderr).toBe(73);
});

test('a grading whose folders are full: verdicts are told, what is in the way with each, and the old marks stay', async () => {
  using folder = temporaryFolder();
  await using lab = await labWithGuest(folder.path, 'head -c 300000 /dev/zero; exit 3');
  const output = join(lab.env['HOME'] ?? '', 'output');
  for (const item of ['a', 'b']) writeFileSync(join(lab.folder, item), '');
  const run = ['run', '--jobs', '1', '--json'] as const;
  const each = ['--each', 'a', 'b', '--', 'x'] as const;

  const logs = join(output, 'logs');
  const logged = await runWhere('full', [output], lab, [...run, '--logs', logs, ...each]);
  expect(logged.stderr).not.toMatch(/has a bug|garbage collection/);
  const { runs } = JSON.parse(logged.stdout) as { readonly runs: readonly unknown[] };
  const failed = {
    fault: 'host',
    status: 73,
    message: expect.stringContaining('no room') as string,
  };
  expect(runs).toMatchObject([failed, failed]);

  const files = ['--results', join(output, 'results')];
  const results = await runWhere('full', [output], lab, [...run, ...files, ...each]);
  expect(results.status).toBe(73);
  expect(results.stderr.replaceAll(/\s+/g, ' ')).toContain(
    'Not all results could be written: there is no room left (ENOSPC)',
  );
  expect(JSON.parse(results.stdout)).toMatchObject({ runs: [{ status: 3 }, { status: 3 }] });

  const marks = await runWhere('full', [output], lab, [
    ...['run', '--junit', join(output, 'marks.xml'), '--', 'x'],
  ]);
  expect(marks.status).toBe(73);
  expect(marks.stderr.replaceAll(/\s+/g, ' ')).toContain(
    'the file of --junit: there is no room left (ENOSPC)',
  );
});

test.each(['full', 'read-only'] as const)(
  '%s: a screenshot and an ssh configuration leave what was there',
  async (kind) => {
    using folder = temporaryFolder();
    await using lab = await labWithGuest(folder.path, 'exit 0');
    await lab.run('up', '--detach', '--no-wait');
    const { HOME = '' } = lab.env;
    for (const [path, words] of [
      [join(HOME, 'output'), ['screenshot', join(HOME, 'output/old')]],
      [join(HOME, '.ssh'), ['ssh-config', '--install']],
    ] as const) {
      const { status, stdout, stderr } = await runWhere(kind, [path], lab, words, 'old config');
      expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(rightWords[kind]);
      expect(status, stderr).toBe(73);
      expect(stdout).toMatch(/old: mine\nconfig: mine$/);
    }
  },
);

test('marks for a closed folder are refused before anything runs', async () => {
  using folder = temporaryFolder();
  await using lab = await labWithGuest(folder.path, 'exit 0');
  const output = join(lab.env['HOME'] ?? '', 'output');
  const marks = ['run', '--junit', join(output, 'marks.xml'), '--', 'x'];
  const { status, stderr } = await runWhere('read-only', [output], lab, marks);
  expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(rightWords['read-only']);
  expect(status, stderr).toBe(73);
  expect(existsSync(join(folder.path, 'commands'))).toBe(false);
});
