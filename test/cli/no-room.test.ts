import { execa } from 'execa';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunResult } from '../support/lab.ts';
import { startImageServer } from '../support/image-server.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Small tmpfs mounts, in a mount namespace of each command.
needsOfHost('qemu', 'root', 'mount-namespaces');

type Kind = 'full' | 'read-only';

/** Runs a command of a lab where these folders are small tmpfs mounts, without room or closed. */
async function runWhere(
  kind: Kind,
  folders: readonly string[],
  lab: Lab,
  words: readonly string[],
): Promise<RunResult> {
  const end =
    kind === 'full' ? 'cat /dev/zero >"$d/filler" 2>/dev/null; :' : 'mount -o remount,ro "$d"';
  const named = folders.map((folder) => `'${folder}'`).join(' ');
  const mounts = `for d in ${named}; do mkdir -p "$d"; mount -t tmpfs -o size=64k,mode=700 none "$d"; ${end}; done; exec "$@"`;
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
