import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { offeredSuites } from '../../src/image/debian/debian-suites.ts';
import { suiteImage } from '../support/image.ts';
import { needsOfHost, unmetNeed } from '../support/requirements.ts';
import { bootAndAsk } from '../support/right-boot.ts';

/**
 * Ten cold boots in ten of each suite, with the lab profile, alone and beside a load; each keeps
 * every promise of src/guest/boot-promises.ts. UTOPIA_TEST_SUITES names the suites (those of
 * which a stable image exists by default), UTOPIA_TEST_BOOTS the number.
 */
const suites = (process.env['UTOPIA_TEST_SUITES'] ?? 'bookworm,trixie').split(',');
const boots = Number(process.env['UTOPIA_TEST_BOOTS'] ?? '10');

needsOfHost('qemu', 'image-tools', 'ssh');

describe.each(suites)('%s', (suite) => {
  test('is a suite that is offered', () => {
    expect(offeredSuites().map(({ name }) => name)).toContain(suite);
  });

  test.each(['alone', 'beside a load'])(
    'every boot %s is right',
    async (how) => {
      const image = await suiteImage(suite, 'lab');
      const before = await stateOf(image);
      await using load = how === 'alone' ? undefined : startLoad();
      expect(load === undefined).toBe(how === 'alone');
      for (let number = 1; number <= boots; number += 1) {
        const { broken, banner, ended } = await bootAndAsk(image, 'lab');
        const faults = broken.map(({ promise, seen }) => `${promise.id}: ${seen}`);
        expect(faults, `boot ${number}`).toEqual([]);
        expect(ended, `boot ${number}: the power button`).toBe(0);
        console.log(
          `${suite} ${how}, boot ${number}: right (banner ${Math.round(banner.bannerMs)} ms)`,
        );
      }
      expect(await stateOf(image)).toEqual(before);
    },
    14_400_000,
  );
});

/** Two busy processors and busy memory, as a build in another window; without stress-ng, two loops. */
function startLoad(): AsyncDisposable {
  const script = 'while :; do :; done';
  const children =
    unmetNeed('stress-ng') === undefined
      ? [spawn('stress-ng', ['--cpu', '2', '--vm', '1', '--vm-bytes', '128M', '--quiet'])]
      : [spawn('sh', ['-c', script]), spawn('sh', ['-c', script])];
  return {
    [Symbol.asyncDispose]: async () => {
      // SIGTERM: stress-ng ends its own children then.
      await Promise.all(
        children.map(
          (child) =>
            new Promise<void>((resolve) => {
              child.once('close', () => resolve());
              child.kill('SIGTERM');
            }),
        ),
      );
    },
  };
}

/** What a write would change; reading 8 GB would take longer than a boot. */
async function stateOf(path: string): Promise<unknown> {
  const { ino, size, blocks, mtimeMs, ctimeMs } = await stat(path);
  return { ino, size, blocks, mtimeMs, ctimeMs };
}
