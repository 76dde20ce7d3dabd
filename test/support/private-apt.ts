import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Runs apt-get with these words in the folder that it was opened for. */
export type PrivateApt = (...words: readonly string[]) => void;

/**
 * An apt with sources and lists of its own in `work`, of a suite of Debian: this host's are neither
 * read nor changed. `type`: packages, or sources of packages.
 */
export function openApt(work: string, suite: string, type: 'deb' | 'deb-src'): PrivateApt {
  for (const folder of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(work, folder), { recursive: true });
  }
  writeFileSync(join(work, 'status'), '');
  const list = join(work, 'debian.sources');
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(
    list,
    `Types: ${type}\nURIs: http://deb.debian.org/debian\nSuites: ${suite}\nComponents: main\nSigned-By: ${keys}\n`,
  );
  const settings = [
    `Dir::Etc::sourcelist=${list}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::lists=${join(work, 'lists')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    // What this host has installed, perhaps of another archive, is no version to look for.
    `Dir::State::status=${join(work, 'status')}`,
    'APT::Sandbox::User=',
  ].flatMap((each) => ['-o', each]);
  const apt: PrivateApt = (...words) => {
    execFileSync('apt-get', [...settings, '-qq', ...words], { cwd: work, stdio: 'pipe' });
  };
  apt('update');
  return apt;
}
