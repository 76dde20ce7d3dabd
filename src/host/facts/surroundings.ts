import type { Environment } from '../../environment.ts';

/** Which generation of the Windows Subsystem for Linux this is, if any. */
export type WslVersion = 1 | 2 | undefined;

/**
 * WSL 1 calls its kernel `4.4.0-19041-Microsoft`; the real kernel of WSL 2 has
 * `microsoft-standard` in its name, or at least a later version.
 */
export function detectWsl(version: string, interop: boolean): WslVersion {
  if (!/microsoft|WSL/i.test(version) && !interop) return undefined;
  if (/WSL2|microsoft-standard/i.test(version)) return 2;
  const number = /(\d+)\.(\d+)\.\d+/.exec(version);
  const [major, minor] = [Number(number?.[1] ?? 0), Number(number?.[2] ?? 0)];
  return major > 4 || (major === 4 && minor >= 19) ? 2 : 1;
}

/** Services that run jobs: there is no login in them, and nobody who could log in again. */
const jobRunners: readonly (readonly [variable: string, name: string])[] = [
  ['GITEA_ACTIONS', 'Gitea Actions'],
  ['FORGEJO_ACTIONS', 'Forgejo Actions'],
  ['GITHUB_ACTIONS', 'GitHub Actions'],
  ['GITLAB_CI', 'GitLab CI'],
  ['TF_BUILD', 'Azure Pipelines'],
  ['JENKINS_URL', 'Jenkins'],
  ['BUILDKITE', 'Buildkite'],
  ['CIRCLECI', 'CircleCI'],
  ['TRAVIS', 'Travis CI'],
  ['CI', 'this CI job'],
];

/** The service in whose job this runs; undefined outside of jobs. */
export function detectJobRunner(env: Environment): string | undefined {
  return jobRunners.find(([variable]) => (env[variable] ?? '') !== '')?.[1];
}
