/** What /proc/cpuinfo says about virtualisation. */
export interface CpuFacts {
  /** `x86` where there are x86 flags lines, else what the file looks like. */
  readonly family: 'x86' | 'other';
  /** Rosetta translates x86 programs on an Apple processor, and calls it `VirtualApple`. */
  readonly translated: boolean;
  readonly vendor: 'intel' | 'amd' | undefined;
  readonly modelName: string | undefined;
  /** The flags of each processor, whole words. */
  readonly processors: readonly ReadonlySet<string>[];
}

/**
 * Reads /proc/cpuinfo. Only lines whose name is exactly `flags` count: `vmx flags`
 * lists features of VT-x, and `svm_lock` says nothing about svm.
 */
export function parseCpuinfo(text: string): CpuFacts {
  const lines = text.split('\n').map((line) => {
    const colon = line.indexOf(':');
    return colon < 0
      ? { name: line.trim(), value: '' }
      : { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() };
  });
  const processors = lines
    .filter(({ name }) => name === 'flags')
    .map(({ value }) => new Set(value.split(/\s+/)));
  const first = (wanted: string): string | undefined =>
    lines.find(({ name }) => name === wanted)?.value;
  return {
    family: processors.length > 0 ? 'x86' : 'other',
    translated: first('vendor_id') === 'VirtualApple',
    vendor: vendorOf(first('vendor_id') ?? ''),
    modelName: first('model name'),
    processors,
  };
}

function vendorOf(id: string): CpuFacts['vendor'] {
  if (id === 'GenuineIntel') return 'intel';
  return id === 'AuthenticAMD' || id === 'HygonGenuine' ? 'amd' : undefined;
}

/** How many processors have a flag. */
export function countWith(cpu: CpuFacts, ...flags: readonly string[]): number {
  return cpu.processors.filter((each) => flags.some((flag) => each.has(flag))).length;
}
