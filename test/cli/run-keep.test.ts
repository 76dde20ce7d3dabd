import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostRootVariable } from '../../src/host/find-people.ts';
import { readRecord } from '../../src/image/overlay-record.ts';
import { labWithGuest, remainsOfCopies } from '../support/guest-lab.ts';
import type { Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// `utopia run --keep` as it is typed: QEMU, ssh, and cp(1) where it must fail, are stand-ins.
needsOfHost('qemu', 'ssh');

const nothing = { files: [], processes: [] };

/** Names in the lab's folder, hidden ones too, but for what was there. */
function madeIn(lab: Lab): string[] {
  return readdirSync(lab.folder).filter((name) => name !== 'utopia.config' && name !== 'shared');
}

test('the copy becomes a machine, whatever the status; --json says where', async () => {
  using folder = temporaryFolder();
  await using lab = await labWithGuest(folder.path, 'echo out; exit 3', {
    config: ['UTOPIA_NAME=ask1', 'UTOPIA_CPUS=3'],
  });
  const result = await lab.run('run', '--keep', '--', 'true');
  expect(result).toMatchObject({ status: 3, stdout: 'out\n' });
  expect(result.stderr).toMatch(/ kept-ask1-1\n(?:.*\n)*? {2}cd kept-ask1-1 && utopia up\n$/);
  const place = join(lab.folder, 'kept-ask1-1');
  expect(readdirSync(place).toSorted()).toEqual([
    'private.qcow2',
    'private.qcow2.utopia.json',
    'utopia.config',
  ]);
  expect(await readRecord(join(place, 'private.qcow2'))).toBeDefined();
  const shown = await lab.run('-C', place, 'config', '--json');
  expect(JSON.parse(shown.stdout)).toMatchObject({
    values: { UTOPIA_CPUS: { value: 3 }, UTOPIA_SSH_PORT: { value: 'auto' } },
  });
  const next = await lab.run('run', '--json', '--keep', '--', 'true');
  const kept = join(lab.folder, 'kept-ask1-2');
  expect(JSON.parse(next.stdout)).toMatchObject({ outcome: 'exited', status: 3, kept });
  expect(existsSync(kept)).toBe(true);
  expect(remainsOfCopies(lab)).toEqual(nothing);
});

test.each([
  ['shared-two-accounts', '', 'unix'],
  ['shared-two-accounts', 'UTOPIA_VNC=127.0.0.1:0', 'auto'],
  ['ubuntu-intel-ok', '', 'auto'],
])('on the host %s, with "%s", the kept screen is %s', async (host, line, vnc) => {
  using folder = temporaryFolder();
  const root = join(import.meta.dirname, '../../fixtures/hosts', host);
  await using lab = await labWithGuest(folder.path, 'exit 0', {
    env: { [hostRootVariable]: root },
  });
  const file = join(lab.folder, 'utopia.config');
  writeFileSync(file, readFileSync(file, 'utf8').replace('UTOPIA_VNC=off', line));
  const result = await lab.run('run', '--keep', 'kept', '--', 'true');
  expect(result.status, result.stderr).toBe(0);
  expect(readFileSync(join(lab.folder, 'kept/utopia.config'), 'utf8')).toContain(
    `\nUTOPIA_VNC=${vnc}\n`,
  );
});

test('a name that is taken or bad is refused before anything starts', async () => {
  using folder = temporaryFolder();
  await using lab = await labWithGuest(folder.path, 'exit 0');
  writeFileSync(join(lab.folder, 'taken'), 'mine');
  expect((await lab.run('run', '--keep', 'taken', '--', 'x')).status).toBe(73);
  expect((await lab.run('run', '--keep', 'no/where', '--', 'x')).status).toBe(73);
  expect((await lab.run('run', '--keep', 'x'.repeat(300), '--', 'x')).status).toBe(64);
  expect((await lab.run('run', '--each', 'taken', '--keep', '--', 'x')).status).toBe(64);
  expect(readFileSync(join(lab.folder, 'taken'), 'utf8')).toBe('mine');
  expect(existsSync(join(folder.path, 'commands'))).toBe(false);
});

test('no room: the verdict is told, and nothing is left half made', async () => {
  using folder = temporaryFolder();
  const cp = 'echo "cp: error writing: No space left on device" >&2; exit 1\n';
  await using lab = await labWithGuest(folder.path, 'echo out; exit $(cat status)', {
    programs: { cp },
  });
  writeFileSync(join(lab.folder, 'status'), '0');
  const passed = await lab.run('run', '--keep', 'k', '--', 'x');
  expect(passed).toMatchObject({ status: 73, stdout: 'out\n' });
  expect(passed.stderr).toContain(`No room to keep the copy in ${lab.folder}`);
  writeFileSync(join(lab.folder, 'status'), '4');
  const failed = await lab.run('run', '--json', '--keep', 'k', '--', 'x');
  expect(failed.status).toBe(4);
  expect(JSON.parse(failed.stdout)).toMatchObject({ status: 4, kept: null });
  expect(madeIn(lab)).toEqual(['status']);
  expect(remainsOfCopies(lab)).toEqual(nothing);
});

test('cut off in the middle, by Ctrl-C or SIGKILL: no machine, and soon no trace', async () => {
  using folder = temporaryFolder();
  const cp = `echo copying >>'${folder.path}/cp'; exec sleep 50\n`;
  await using lab = await labWithGuest(folder.path, 'exit 0', { programs: { cp } });
  const copying = async (): Promise<void> => {
    while (!existsSync(join(folder.path, 'cp'))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const pressed = lab.start('run', '--keep', 'k', '--', 'x');
  await copying();
  pressed.child.kill('SIGINT');
  const { status, stderr } = await pressed.ended;
  expect({ status, stderr }).toEqual({
    status: 130,
    stderr: '✗ Interrupted: the copy is not kept.\n',
  });
  expect(madeIn(lab)).toEqual([]);

  rmSync(join(folder.path, 'cp'));
  const killed = lab.start('run', '--keep', 'k', '--', 'x');
  await copying();
  const gone = once(killed.child, 'exit');
  killed.child.kill('SIGKILL');
  await gone;
  expect(madeIn(lab)).toEqual([expect.stringMatching(/^\.k\..*\.draft$/)]);
  expect((await lab.run('run', 'x')).status).toBe(0);
  expect(madeIn(lab)).toEqual([]);
  expect(remainsOfCopies(lab).files).toEqual([]);
});

/** What a guest that shares the folder does while the disk is copied: a link in the place of each file. */
const linkFiles = `for last; do :; done
case $last in *.draft) ln -s "$VICTIM/file" "$last" ;; *)
  for name in .k.*.draft/*; do rm "$name"; ln -s "$VICTIM/file" "$name"; done ;;
esac`;
/** The same with the folder itself. */
const linkFolder = 'for name in .k.*.draft; do mv "$name" aside; ln -s "$VICTIM" "$name"; done';

test.each([
  ['file', linkFiles],
  ['folder', linkFolder],
])('a link that comes in the place of a %s is not followed', async (_what, act) => {
  using folder = temporaryFolder();
  const victim = join(folder.path, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'file'), 'mine');
  const cp = `VICTIM='${victim}'\n${act}\nexec /bin/cp "$@"\n`;
  await using lab = await labWithGuest(folder.path, 'exit 0', { programs: { cp } });
  const { status, stderr } = await lab.run('run', '--keep', 'k', '--', 'x');
  expect(readdirSync(victim)).toEqual(['file']);
  expect(readFileSync(join(victim, 'file'), 'utf8')).toBe('mine');
  expect(statSync(join(victim, 'file')).mode & 0o777).toBe(0o666 & ~process.umask());
  expect(status, stderr).toBe(73);
  expect(stderr).toContain('The copy cannot be kept');
  expect(existsSync(join(lab.folder, 'k'))).toBe(false);
});
