import type { BuildSummary } from './build-output.ts';

interface Advice {
  readonly id: string;
  readonly pattern: RegExp;
  /** One next step; `command` is the utopia kernel config of this build. */
  readonly step: (command: string) => string;
}

/** Failures that a source of a distribution, a host or a config brings, and not the code. */
const table: readonly Advice[] = [
  {
    id: 'certificates',
    pattern: /No rule to make target '[^']*\.pem'/,
    step: (command) =>
      `Take the distribution's certificates out: ${command} --set SYSTEM_TRUSTED_KEYS='""' --set SYSTEM_REVOCATION_KEYS='""'`,
  },
  {
    id: 'out-of-memory',
    pattern: /Killed signal terminated program|^Cannot allocate memory/,
    step: () => 'The host had no memory left for the compiler: fewer at a time, -j 1',
  },
  {
    id: 'source-not-clean',
    pattern: /source tree is not clean/,
    step: () => 'Build in the source itself, without -o, or clean it: make mrproper',
  },
  {
    id: 'config-asks',
    pattern: /input\/output is redirected|Restart config/,
    step: (command) => `Let it answer with defaults: ${command} --base .config`,
  },
  {
    id: 'btf',
    pattern: /BTF|pahole/,
    step: (command) => `Build it without BTF: ${command} --set DEBUG_INFO_BTF=n`,
  },
  {
    id: 'old-clock',
    pattern: /[Cc]lock skew/,
    step: () => 'Files come from the future: set the clock, or touch the source.',
  },
];

/** The next step for a build that failed for such a reason; undefined where its own code is it. Pure. */
export function adviseBuild(
  { errors, lastLines }: Pick<BuildSummary, 'errors' | 'lastLines'>,
  command: string,
): string | undefined {
  const said = [...errors.map(({ message }) => message), ...lastLines];
  return table.find(({ pattern }) => said.some((line) => pattern.test(line)))?.step(command);
}
