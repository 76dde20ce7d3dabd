/** The identity of a process as the kernel sees it now, from /proc/PID/status (proc_pid_status(5)). */
export interface ProcessStatus {
  readonly name: string | undefined;
  /** Real, effective, saved and file-system ids. */
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly groups: readonly number[];
  /** Effective capabilities as a bit set. */
  readonly capabilities: bigint | undefined;
}

export function parseProcessStatus(text: string): ProcessStatus {
  const value = (key: string): string | undefined =>
    new RegExp(`^${key}:[ \\t]*(.*)$`, 'm').exec(text)?.[1]?.trim();
  const numbers = (key: string): number[] =>
    (value(key) ?? '')
      .split(/\s+/)
      .filter((word) => /^\d+$/.test(word))
      .map(Number);
  const capabilities = value('CapEff');
  return {
    name: value('Name'),
    uids: numbers('Uid'),
    gids: numbers('Gid'),
    groups: numbers('Groups'),
    capabilities:
      capabilities !== undefined && /^[\da-f]+$/i.test(capabilities)
        ? BigInt(`0x${capabilities}`)
        : undefined,
  };
}

/** newgrp and `sg` show up in the effective Gid only, a login's groups in Groups. */
export function holdsGroup(status: ProcessStatus, gid: number): boolean {
  return status.gids[1] === gid || status.gids[3] === gid || status.groups.includes(gid);
}

/** CAP_NET_BIND_SERVICE is bit 10 (linux/capability.h). */
export function mayBindAnyPort(status: ProcessStatus): boolean {
  return status.capabilities !== undefined && (status.capabilities & (1n << 10n)) !== 0n;
}
