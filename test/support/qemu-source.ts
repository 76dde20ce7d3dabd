import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { openApt } from './private-apt.ts';

/** Where sources are kept for tests; nothing of a user's is in it. */
const cache =
  process.env['UTOPIA_TEST_QEMU_SOURCES'] ?? join(homedir(), '.cache/utopia-test/qemu-sources');

/** Unpacks the source package of a suite's QEMU, with its patches, into a folder that is not there yet. */
export function unpackQemuSource(suite: string, folder: string): void {
  const kept = join(cache, suite);
  if (!existsSync(kept)) {
    mkdirSync(cache, { recursive: true });
    const work = mkdtempSync(join(cache, '.fetching-'));
    try {
      const apt = openApt(work, suite, 'deb-src');
      apt('source', '--download-only', 'qemu');
      mkdirSync(join(work, 'found'));
      for (const name of readdirSync(work).filter((each) => each.startsWith('qemu_'))) {
        renameSync(join(work, name), join(work, 'found', name));
      }
      renameSync(join(work, 'found'), kept);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  const description = readdirSync(kept).find((each) => each.endsWith('.dsc')) ?? '';
  // The archive's list of sources was signed; the signature of each is a developer's.
  const words = ['--no-check', '-x', join(kept, description), folder];
  execFileSync('dpkg-source', words, { stdio: 'pipe' });
}
