import {
  aCount,
  aFlag,
  aNumber,
  aText,
  either,
  listOf,
  mapOf,
  maybe,
  object,
  oneOf,
  type Shape,
  type Shaped,
} from '../../text/shape.ts';

/** Major and minor number of a device. */
const twoNumbers: Shape<readonly [number, number]> = (value) =>
  Array.isArray(value) && value.length === 2 && listOf(aCount)(value) === undefined
    ? undefined
    : '';

const describedFile = object({
  type: maybe(aText),
  rdev: maybe(twoNumbers),
  /** Octal digits. */
  mode: maybe(aText),
  uid: maybe(aCount),
  gid: maybe(aCount),
});

const canary = object({
  exit: maybe(aNumber),
  signal: maybe(aText),
  stderr: maybe(aText),
  timeout: maybe(aFlag),
  ms: maybe(aNumber),
});

/** What a program would have answered. */
const probes = object({
  'qemu-version': maybe(aText),
  'qemu-devices': maybe(listOf(aText)),
  'qemu-netdevs': maybe(listOf(aText)),
  'qemu-accels': maybe(listOf(aText)),
  'kvm-canary': maybe(canary),
  'tcg-canary': maybe(canary),
  /** Whether one can be made although a setting restricts them; no without. */
  'user-namespace': maybe(aFlag),
  /** How many times as long computing takes under emulation. */
  slowdown: maybe(aNumber),
  'kernel-log': maybe(either(oneOf(null), aText)),
  'getent-group': maybe(mapOf(aText)),
});

/** host.json: what files in a repository cannot hold. Every field is optional. */
export const descriptionShape = object({
  /** Address of the public thread that it is made after. */
  thread: maybe(aText),
  user: maybe(object({ name: maybe(aText), uid: maybe(aCount), gid: maybe(aCount) })),
  kernel: maybe(aText),
  arch: maybe(aText),
  env: maybe(mapOf(aText)),
  stat: maybe(mapOf(describedFile)),
  open: maybe(mapOf(aText)),
  statfs: maybe(
    mapOf(
      object({
        availableBytes: maybe(aNumber),
        freeBytes: maybe(aNumber),
        availableInodes: maybe(aNumber),
      }),
    ),
  ),
  programs: maybe(listOf(aText)),
  probes: maybe(probes),
});

export type HostDescription = Shaped<typeof descriptionShape>;
export type DescribedFile = Shaped<typeof describedFile>;
export type DescribedCanary = Shaped<typeof canary>;
export type DescribedProbes = Shaped<typeof probes>;
