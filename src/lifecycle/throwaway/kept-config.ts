import { formatDisk } from '../../config/disk-setting.ts';
import { formatSensors } from '../../config/sensor-setting.ts';
import type { KeyName } from '../../config/config-keys.ts';
import type { Config, VncSetting } from '../../config/machine-config.ts';
import { requireLine } from '../../text/plain-line.ts';
import { quoteForShell } from '../../text/shell-words.ts';

/** What of a machine's settings a machine that was kept of its copy has. */
export type KeptSettings = Pick<
  Config,
  | 'name'
  | 'qemuBuildDir'
  | 'memoryMiB'
  | 'cpus'
  | 'accelerator'
  | 'sharedDir'
  | 'vnc'
  | 'login'
  | 'network'
  | 'disks'
  | 'sensors'
  | 'kernel'
  | 'initrd'
  | 'append'
  | 'extraArgs'
>;

/**
 * The text of a kept machine's utopia.config: the guest's hardware and the share are
 * those of the machine that was copied, paths absolute. What one machine of the host
 * has alone (its ports, its screen, writing to an exercise disk) is left to that
 * machine, so that both can run. Throws `folder-unsafe` for a path that is no part of a line.
 */
export function keptConfig(
  { name, ...settings }: KeptSettings,
  image: string,
  words: readonly string[],
): string {
  const { qemuBuildDir, accelerator, disks, sensors, extraArgs } = settings;
  const lines: readonly (readonly [KeyName, string | undefined])[] = [
    ['QEMU_BUILD_DIR', qemuBuildDir],
    ['QCOW2_BACKING_FILE', image],
    ['UTOPIA_MEMORY_MB', String(settings.memoryMiB)],
    ['UTOPIA_CPUS', String(settings.cpus)],
    ['UTOPIA_ACCEL', accelerator === 'auto' ? undefined : accelerator],
    ['UTOPIA_SSH_PORT', 'auto'],
    ['SHARED_FS_DIR', settings.sharedDir],
    ['UTOPIA_LOGIN', settings.login === 'password' ? undefined : settings.login],
    ['UTOPIA_VNC', freeVnc(settings.vnc)],
    ['UTOPIA_NETWORK', settings.network === 'full' ? undefined : settings.network],
    ['UTOPIA_DISKS', joinWords(disks.map(diskWord))],
    ['UTOPIA_SENSORS', sensors.kind === 'none' ? undefined : formatSensors(sensors)],
    ['UTOPIA_KERNEL', settings.kernel],
    ['UTOPIA_INITRD', settings.initrd],
    ['UTOPIA_APPEND', settings.append || undefined],
    ['UTOPIA_EXTRA_ARGS', joinWords(extraArgs)],
  ];
  const command = words
    .map(quoteForShell)
    .join(' ')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ');
  return [
    `# A copy of the machine ${name}, kept by utopia run --keep after this command:`,
    `# ${command}`,
    '# private.qcow2 beside this file has what it wrote.',
    ...lines.flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${quoteForShell(requireLine(value))}`],
    ),
    '',
  ].join('\n');
}

/** A display can be served by one machine only. */
function freeVnc({ kind }: VncSetting): string {
  return kind === 'display' ? 'auto' : kind;
}

function diskWord(disk: Config['disks'][number]): string {
  return formatDisk({ ...disk, mode: disk.mode === 'rw' ? 'snapshot' : disk.mode });
}

function joinWords(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : words.map(quoteForShell).join(' ');
}
