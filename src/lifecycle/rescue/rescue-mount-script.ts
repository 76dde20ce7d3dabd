import { quoteWord } from '../../guest/ssh-argv.ts';

/** Where the broken disk is found in the fresh guest. */
export const mountPoint = '/mnt/broken';

/** What became of the attached disk in the fresh guest. */
export interface Mounting {
  readonly device: string;
  /** `read-only` where it can be read, but not be mounted as usual. */
  readonly access: 'read-write' | 'read-only' | 'none';
  /** What mount said of a disk that it did not take as usual. */
  readonly trouble: string | undefined;
  /** What e2fsck did; undefined where it was not asked for. */
  readonly check: DiskCheck | undefined;
}

export interface DiskCheck {
  /** e2fsck's own: 0 nothing to mend, 1 and 2 mended, 4 not all mended, 8 and more it could not work. */
  readonly status: number;
  /** Its last words. */
  readonly lines: readonly string[];
}

/** e2fsck names each fault that it mends. */
const shownLines = 40;

/**
 * For root's shell of the fresh guest. A file system that cannot be mounted as usual is mounted
 * without its journal, for reading, so that work can be copied out all the same. Pure.
 */
export function mountScript(device: string, check: boolean): string {
  const checking = `e2fsck -f -y $device >/run/check 2>&1; echo "@status $?"
tail -n ${shownLines} /run/check | sed 's/^/@check /'`;
  const script = `PATH=$PATH:/usr/sbin:/sbin
device=${device}
n=0; while [ ! -b $device ] && [ $n -lt 30 ]; do sleep 1; n=$((n + 1)); done
mkdir -p ${mountPoint}
umount ${mountPoint} 2>/dev/null
${check ? checking : ':'}
if mount $device ${mountPoint} 2>/run/why; then echo '@mounted read-write'
elif mount -o ro,noload $device ${mountPoint} 2>/dev/null; then echo '@mounted read-only'
else echo '@mounted none'; fi
head -n 5 /run/why | sed 's/^/@why /'
echo "@device $device"`;
  return `exec sh -c ${quoteWord(script)}`;
}

const accesses = ['read-write', 'read-only', 'none'] as const;

/** Reads what the script printed; undefined for what was cut short. Pure. */
export function readMounting(text: string): Mounting | undefined {
  const all = (name: string): string[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`@${name} `))
      .map((line) => line.slice(name.length + 2).trimEnd());
  const access = accesses.find((each) => each === all('mounted')[0]);
  const [device] = all('device');
  if (access === undefined || device === undefined) return undefined;
  const [status] = all('status');
  const trouble = all('why').join('\n').trim();
  return {
    device,
    access,
    trouble: access === 'read-write' || trouble === '' ? undefined : trouble,
    check:
      status === undefined
        ? undefined
        : { status: Number(status), lines: all('check').filter((line) => line !== '') },
  };
}
