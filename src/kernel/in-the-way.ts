import { valueOf, type KernelConfig } from './config-text.ts';
import type { Consequence } from './requirement-kinds.ts';

/** An option that is set and had better not be. */
export interface Obstacle extends Consequence {
  /** Without CONFIG_. */
  readonly option: string;
  /** Where menuconfig has it. */
  readonly menu: string;
}

/** Names of a root that the kernel itself does not know: only an initramfs looks them up. */
const looksUp = /^(?:UUID|LABEL)=/;
/** `PARTUUID=…`, `/dev/vda1`, and its number: 254 is what virtio disks get (devices.txt). */
const ownDisk = /^(?:PARTUUID=.+|PARTLABEL=.+|\/dev\/vda\d*|254:\d+)$/;

/**
 * What a config brings that decides the boot in the place of what it is started with: a command
 * line of its own that wins, and an initramfs of its own. Pure.
 */
export function findInTheWay(config: Pick<KernelConfig, 'options'>): Obstacle[] {
  const found: Obstacle[] = [];
  if (valueOf(config, 'CMDLINE_OVERRIDE') === 'y') found.push(judgeLine(textOf(config, 'CMDLINE')));
  const source = textOf(config, 'INITRAMFS_SOURCE');
  if (source !== '') {
    found.push({
      option: 'INITRAMFS_SOURCE',
      menu: 'General setup > Initramfs source file(s)',
      cost: 'feature',
      effect: `The kernel has an initramfs of its own (${source}), whose /init runs in the place of the image's: what becomes of the boot is its doing, and is not judged here.`,
    });
  }
  return found;
}

function judgeLine(line: string): Obstacle {
  const option = 'CMDLINE_OVERRIDE';
  const menu =
    'Processor type and features > Built-in command line overrides boot loader arguments';
  const ignored = 'Its own command line wins, and that of utopia up is ignored: ';
  const root = line
    .split(/\s+/)
    .filter((word) => word.startsWith('root='))
    .at(-1)
    ?.slice('root='.length);
  if (root !== undefined && ownDisk.test(root)) {
    return {
      ...{ option, menu, cost: 'feature' },
      effect: `${ignored}the modules of a build are not mounted, and --append has no effect.`,
    };
  }
  const names = root === undefined ? 'names no root' : `has root=${root}`;
  return {
    ...{ option, menu },
    cost: root !== undefined && looksUp.test(root) ? 'initramfs' : 'stops',
    headline: 'VFS: Unable to mount root fs',
    effect: `${ignored}it ${names}, so the kernel panics: "VFS: Unable to mount root fs".`,
  };
}

/** A text without its quotes; empty where the option is not set. */
function textOf(config: Pick<KernelConfig, 'options'>, option: string): string {
  const value = config.options.get(option) ?? '';
  return value
    .replace(/^"(.*)"$/, '$1')
    .replaceAll(/\\(.)/g, '$1')
    .trim();
}
