/** A kernel's configuration, as its file `.config` says it. */
export interface KernelConfig {
  /** Options that have a value, without CONFIG_ before them; text keeps its quotes. */
  readonly options: ReadonlyMap<string, string>;
  /** Of the head that Kconfig writes: `6.1.192`; undefined without one. */
  readonly version: string | undefined;
  /** Of the same line, Kconfig's name of it: `x86`, `arm64`. */
  readonly architecture: string | undefined;
  /** Kconfig wrote it: every option that can be chosen stands in it, set or not. */
  readonly complete: boolean;
}

/** A .config of every option has 300 KB. */
export const mostConfigBytes = 4 * 1024 * 1024;

const assignment = /^CONFIG_(\w+)=(.*)$/;
const unset = /^# CONFIG_(\w+) is not set$/;
/** `# Linux/x86 6.1.192 Kernel Configuration` */
const head = /^# Linux\/(\S{1,40}) (\d\S{0,80}) Kernel Configuration$/;

/**
 * Reads the text of a .config; of an option that stands in it twice the last line counts, as for
 * Kconfig. Undefined for a text that is none: no option in it. Pure, in linear time.
 */
export function parseKernelConfig(text: string): KernelConfig | undefined {
  const options = new Map<string, string>();
  let lines = 0;
  let found: RegExpExecArray | null = null;
  for (const line of text.split('\n')) {
    const plain = line.endsWith('\r') ? line.slice(0, -1) : line;
    const [, option, value] = assignment.exec(plain) ?? [];
    if (option !== undefined && value !== undefined) {
      lines += 1;
      if (value === 'n') options.delete(option);
      else options.set(option, value);
      continue;
    }
    const [, cleared] = unset.exec(plain) ?? [];
    if (cleared !== undefined) {
      lines += 1;
      options.delete(cleared);
      continue;
    }
    found ??= head.exec(plain);
  }
  if (lines === 0) return undefined;
  return { options, version: found?.[2], architecture: found?.[1], complete: found !== null };
}

/** What an option is in a config: the value it has, `n` without one. */
export function valueOf(config: Pick<KernelConfig, 'options'>, option: string): string {
  return config.options.get(option) ?? 'n';
}

/** The options that a fragment asks for, in its order; `n` for those that it clears. */
export function parseFragment(text: string): ReadonlyMap<string, string> {
  const wanted = new Map<string, string>();
  for (const line of text.split('\n')) {
    const plain = line.trim();
    const [, option, value] = assignment.exec(plain) ?? [];
    if (option !== undefined && value !== undefined) wanted.set(option, value);
    const [, cleared] = unset.exec(plain) ?? [];
    if (cleared !== undefined) wanted.set(cleared, 'n');
  }
  return wanted;
}

/** A line of a fragment, as merge_config.sh reads it. */
export function fragmentLine(option: string, value: string): string {
  return value === 'n' ? `# CONFIG_${option} is not set` : `CONFIG_${option}=${value}`;
}

/** `6.1.192-2-amd64` as [6, 1]; undefined for what is no version. */
export function majorMinor(version: string | undefined): readonly [number, number] | undefined {
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})/.exec(version ?? '') ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}
