/** The load average of the last minute, from /proc/loadavg (proc(5)): tasks that run, want to, or wait for a disk. */
export function parseLoad(text: string): number | undefined {
  const load = Number.parseFloat(text);
  return Number.isNaN(load) ? undefined : load;
}

/** Processors of the host that are online: lines `cpuN` of /proc/stat. The load average counts the tasks of all of them. */
export function countProcessors(stat: string): number {
  return stat.match(/^cpu\d+ /gm)?.length ?? 0;
}

/** A folder of /sys/class/power_supply: its files as they read (the kernel's sysfs-class-power). */
export interface PowerSupply {
  /** `Mains`, `Battery`, `USB`, `UPS`. */
  readonly type: string | undefined;
  /** `1` for mains that is plugged in. */
  readonly online: string | undefined;
  /** Of a battery: `Discharging`, `Charging`, `Full` … */
  readonly status: string | undefined;
  /** `Device` for the battery of a mouse. */
  readonly scope: string | undefined;
}

/**
 * Whether the host lives on its battery. A host without supplies, as most desktops
 * and virtual machines are, has mains; one that charges by USB may know no mains, but
 * its battery says what it does.
 */
export function isOnBattery(supplies: readonly PowerSupply[]): boolean {
  const own = supplies.filter(({ scope }) => scope !== 'Device');
  const mains = own.filter(({ type }) => type === 'Mains');
  if (mains.length > 0) return mains.every(({ online }) => online === '0');
  return own.some(({ type, status }) => type === 'Battery' && status === 'Discharging');
}
