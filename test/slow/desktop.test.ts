import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode, encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { connectQmp } from '../../src/qmp/client.ts';
import { pressKeys } from '../../src/qmp/input.ts';
import { timeoutScaleFor } from '../../src/system/timeout-scale.ts';
import { suiteImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost, needsOfTest } from '../support/requirements.ts';
import { bootAndAsk } from '../support/right-boot.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startVirtualScreen, type Picture, type VirtualScreen } from '../support/virtual-screen.ts';
import { startX2Go } from '../support/x2go-client.ts';

/**
 * The profile `desktop` as it is seen: the greeter and the desktop behind it, by a VNC viewer,
 * and a session over X2Go, by an X2Go client. UTOPIA_TEST_SUITES names the suites,
 * UTOPIA_TEST_PICTURES a folder that keeps the pictures.
 */
const suites = (process.env['UTOPIA_TEST_SUITES'] ?? 'bookworm').split(',');
const pictures = process.env['UTOPIA_TEST_PICTURES'];

needsOfHost('qemu', 'image-tools', 'ssh');

/** How much slower than usual this host is now; a limit only ends what hangs. */
const scale = timeoutScaleFor(startupMs());
const polling = { timeout: 900_000 * scale, interval: 2_000 };
const limits = { boot: 2_700_000 * scale, screen: 3_600_000 * scale, x2go: 3_600_000 * scale };

function startupMs(): number {
  const start = performance.now();
  spawnSync(process.execPath, [join(import.meta.dirname, '../../bin/utopia.js'), '--version']);
  return performance.now() - start;
}

function coloursOf({ data }: Picture, channels = 3): number {
  const colours = new Set<number>();
  for (let at = 0; at < data.length; at += channels) {
    colours.add(((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0));
  }
  return colours.size;
}

/** Keeps a picture where somebody may look at it. */
function keep(name: string, { width, height, data }: Picture): void {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  writeFileSync(join(pictures, `${name}.png`), encode({ width, height, data, channels: 3 }));
}

/** What QEMU itself says that the screen shows. */
async function shoot(lab: Lab): Promise<{ readonly size: string; readonly colours: number }> {
  const file = join(lab.folder, 'screen.png');
  const shot = await lab.run('screenshot', file);
  expect(shot.status, shot.stderr).toBe(0);
  const { width, height, data, channels } = decode(readFileSync(file));
  const picture = { width, height, data: Uint8Array.from(data) };
  return { size: `${width}x${height}`, colours: coloursOf(picture, channels) };
}

/** How many of these programs run in the guest. */
async function running(lab: Lab, program: string): Promise<string> {
  return (await lab.run('ssh', '--', `pgrep -c -f ${program}`)).stdout.trim();
}

/** What is to be seen in the largest window whose name is like this; undefined where there is none. */
async function lookAt(
  screen: VirtualScreen,
  name: RegExp,
  keptAs: string,
): Promise<Picture | undefined> {
  const named = (await screen.windows()).filter((window) => name.test(window.name));
  const [window] = named.toSorted((a, b) => b.width * b.height - a.width * a.height);
  if (window === undefined) return undefined;
  const seen = screen.look(window);
  keep(keptAs, seen);
  return seen;
}

/** IceWM's wallpaper has many colours. */
function showsDesktop(picture: Picture | undefined): boolean {
  return picture !== undefined && coloursOf(picture) > 1_000;
}

/** The terminal is black; the wallpaper's night sky is not, quite. */
function showsTerminal(picture: Picture | undefined): boolean {
  if (picture === undefined || !showsDesktop(picture)) return false;
  let black = 0;
  for (let at = 0; at < picture.data.length; at += 3) {
    // A picture that came over the network may be a little off.
    if (picture.data.subarray(at, at + 3).every((part) => part < 4)) black += 1;
  }
  // 100 columns and 30 lines, 6 by 13 pixels each, and few words in them.
  return black > 100 * 30 * 6 * 13 * 0.8;
}

async function startLab(suite: string, screen: VirtualScreen): Promise<Lab> {
  const lab = await makeLab({
    backing: await suiteImage(suite, 'desktop'),
    env: { UTOPIA_VNC: 'unix', UTOPIA_WARM_BASE: 'never', DISPLAY: screen.display },
  });
  const up = await lab.run('up', '--detach', '--yes');
  expect(up.status, up.stderr).toBe(0);
  expect(up.stdout + up.stderr).toContain('session type ICEWM');
  return lab;
}

describe.each(suites)('%s', (suite) => {
  const say = (began: number, what: string): void =>
    console.log(`${suite}: ${what} after ${Math.round((performance.now() - began) / 1000)} s`);

  test('a boot keeps what the image promises', { timeout: limits.boot }, async () => {
    const { broken, ended } = await bootAndAsk(await suiteImage(suite, 'desktop'), 'desktop');
    expect(broken.map(({ promise, seen }) => `${promise.id}: ${seen}`)).toEqual([]);
    expect(ended).toBe(0);
  });

  test(
    'a greeter, a login, and a desktop with a terminal',
    { timeout: limits.screen },
    async (context) => {
      needsOfTest(context, 'virtual-screen', 'vnc-viewer');
      using folder = temporaryFolder();
      await using screen = await startVirtualScreen(folder.path);
      await using lab = await startLab(suite, screen);
      const began = performance.now();
      // A greeter has a few shades of grey, a text screen two colours or a few, in another size.
      await expect.poll(() => running(lab, '^/usr/sbin/lightdm-gtk-greeter'), polling).toBe('1');
      await expect.poll(async () => (await shoot(lab)).colours, polling).toBeGreaterThan(50);
      say(began, 'the greeter');
      const before = await shoot(lab);
      expect(before.size).toBe('1280x800');

      const { signal } = new AbortController();
      const qmp = await connectQmp(lab.paths().qmpSocket, { signal });
      try {
        // The greeter shows itself before it takes keys: it is asked again until it has them.
        await expect
          .poll(async () => {
            for (const key of ['u', 's', 'e', 'r', 'ret']) {
              await pressKeys(qmp, [key]);
              await sleep(100);
            }
            await sleep(20_000);
            return await running(lab, '^/usr/bin/icewm-session');
          }, polling)
          .toBe('1');
      } finally {
        qmp.close();
      }
      await expect.poll(() => running(lab, '^xterm'), polling).toBe('1');
      await expect.poll(async () => (await shoot(lab)).colours, polling).toBeGreaterThan(1_000);
      say(began, 'the desktop');
      const after = await shoot(lab);
      expect(after.size).toBe('1280x800');
      expect(after.colours).toBeGreaterThan(before.colours * 5);

      const viewer = lab.start('vnc');
      const viewed = () => lookAt(screen, /TigerVNC/, `${suite}-vnc`);
      await expect.poll(async () => showsTerminal(await viewed()), polling).toBe(true);
      viewer.child.kill('SIGINT');
      expect((await viewer.ended).status).toBe(130);
      const failed = await lab.run('ssh', '--', 'systemctl --failed --plain --no-legend');
      expect(failed.stdout).toBe('');
    },
  );

  test('a session over X2Go, with a terminal', { timeout: limits.x2go }, async (context) => {
    needsOfTest(context, 'virtual-screen', 'x2go-client');
    using folder = temporaryFolder();
    await using screen = await startVirtualScreen(folder.path);
    await using lab = await startLab(suite, screen);
    // A guest that still boots would be slow to let a client in.
    await expect.poll(() => running(lab, '^/usr/sbin/lightdm-gtk-greeter'), polling).toBe('1');
    const began = performance.now();
    await using client = startX2Go({
      ...{ port: lab.sshPort, command: 'icewm-session' },
      ...{ display: screen.display, home: folder.path },
    });
    const until = async (seen: () => Promise<boolean>): Promise<void> => {
      while (!(await seen())) {
        client.mustRun();
        await sleep(2_000, undefined, { signal: context.signal });
      }
    };
    const viewed = () => lookAt(screen, /^X2GO-/, `${suite}-x2go`);
    await until(async () => (await viewed()) !== undefined);
    say(began, 'the session’s window');
    await until(async () => showsDesktop(await viewed()));
    say(began, 'the desktop in it');
    // Nobody is logged in at the screen: the terminal is the session's.
    await until(async () => (await running(lab, '^xterm')) === '1');
    await until(async () => showsTerminal(await viewed()));
    say(began, 'the terminal in it');
  });
});
