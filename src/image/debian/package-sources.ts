import { execa } from 'execa';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { shownText } from '../fetch/shown-url.ts';
import { buildPath } from './build-tools.ts';

/**
 * The sources that a build takes its packages from, as mmdebstrap's arguments:
 * the given mirror, else those this host's apt has for the same release (a
 * university's own mirror, say), else none, and mmdebstrap takes Debian's.
 */
export async function packageSources(
  suite: string,
  mirror: string | undefined,
  env: Environment,
): Promise<readonly string[]> {
  if (mirror !== undefined) return [`deb ${mirror} ${suite} main`];
  const targets = await execa(
    'apt-get',
    ['indextargets', '--format', '$(RELEASE) $(COMPONENT) $(REPO_URI)', 'Created-By: Packages'],
    { env: { PATH: buildPath(env), LC_ALL: 'C' }, reject: false, timeout: 10_000 },
  );
  return readIndexTargets(typeof targets.stdout === 'string' ? targets.stdout : '', suite);
}

/** One-line sources from `RELEASE COMPONENT URI` lines: the release with its updates and security. */
export function readIndexTargets(text: string, suite: string): readonly string[] {
  const releases = [suite, `${suite}-updates`, `${suite}-security`];
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [release = '', component, uri = ''] = line.split(' ');
    if (component !== 'main' || !releases.includes(release) || found.has(release)) continue;
    // The guest reaches packages over the network; a host's local folder is not there. A password
    // of the host's would be in the image.
    if (/^https?:\/\/[^/?#@]+(?:\/[^?#]*)?$/.test(uri))
      found.set(release, `deb ${uri} ${release} main`);
  }
  return found.has(suite) ? [...found.values()] : [];
}

/** The mirror's URL as typed: it stays in the image's sources, so nothing secret may be in it. Throws `usage`. Pure. */
export function readMirror(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const hint = 'utopia image build --mirror http://deb.debian.org/debian';
  if (!/^https?:\/\/[^\s[\]\\]+$/.test(text) || !URL.canParse(text)) {
    throw new UtopiaError('usage', `--mirror ${shownText(text)}: not an http or https URL.`, {
      hint,
    });
  }
  if (!/[?#]|^https?:\/\/[^/]*@/.test(text)) return text;
  throw new UtopiaError(
    'usage',
    `--mirror ${shownText(text)}: a name, a password or a token in it would stay in the image, readable in each of its guests.`,
    { hint: `Name a mirror that asks for none: ${hint}` },
  );
}
