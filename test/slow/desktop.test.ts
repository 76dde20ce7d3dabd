import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { rootSpec } from '../../src/image/debian/root-spec.ts';
import { connectQmp } from '../../src/qmp/client.ts';
import { pressKeys } from '../../src/qmp/input.ts';
import { cachedImage } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// The profile `desktop` as it is seen: the greeter, and the desktop behind it.
needsOfHost('qemu', 'image-tools', 'ssh');

interface Picture {
  readonly size: string;
  readonly colours: number;
}

async function look(lab: Lab): Promise<Picture> {
  const file = join(lab.folder, 'screen.png');
  const shot = await lab.run('screenshot', file);
  expect(shot.status, shot.stderr).toBe(0);
  const { width, height, data, channels } = decode(readFileSync(file));
  const colours = new Set<number>();
  for (let at = 0; at < data.length; at += channels) {
    colours.add(((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0));
  }
  return { size: `${width}x${height}`, colours: colours.size };
}

/** How many of these programs run in the guest. */
async function running(lab: Lab, program: string): Promise<string> {
  return (await lab.run('ssh', '--', `pgrep -c -f ${program}`)).stdout.trim();
}

const polling = { timeout: 900_000, interval: 2_000 };

test('a greeter, a login, and a desktop with a terminal', { timeout: 3_600_000 }, async () => {
  await using lab = await makeLab({
    backing: await cachedImage('desktop', 'desktop', rootSpec('desktop')),
    env: { UTOPIA_VNC: 'unix', UTOPIA_WARM_BASE: 'never' },
  });
  const up = await lab.run('up', '--detach', '--yes');
  expect(up.status, up.stderr).toBe(0);
  // A greeter has a few shades of grey, a text screen two colours or a few, in another size.
  await expect.poll(() => running(lab, '^/usr/sbin/lightdm-gtk-greeter'), polling).toBe('1');
  await expect.poll(async () => (await look(lab)).colours, polling).toBeGreaterThan(50);
  const before = await look(lab);
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
  await expect.poll(async () => (await look(lab)).colours, polling).toBeGreaterThan(1_000);
  const after = await look(lab);
  expect(after.size).toBe('1280x800');
  expect(after.colours).toBeGreaterThan(before.colours * 5);
  const failed = await lab.run('ssh', '--', 'systemctl --failed --plain --no-legend');
  expect(failed.stdout).toBe('');
  expect((await lab.run('ssh', '--', 'command -v x2gostartagent')).stdout).toContain('x2go');
});
