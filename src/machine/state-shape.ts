import {
  aCount,
  aFlag,
  anInteger,
  aPort,
  aText,
  aTime,
  either,
  listOf,
  maybe,
  object,
  oneOf,
} from '../text/shape.ts';

// Optional is also what older versions did not write.

const address = object({ host: aText, port: aPort });

const disk = object({
  path: aText,
  mode: oneOf('ro', 'rw', 'snapshot'),
  name: aText,
  file: aText,
  format: oneOf('raw', 'qcow2'),
  ownFormat: oneOf('raw', 'qcow2'),
});

const forward = object({
  protocol: oneOf('tcp', 'udp'),
  host: aText,
  hostPort: aPort,
  guestPort: aPort,
});

const kernel = object({
  name: aText,
  version: aText,
  image: aText,
  initrd: maybe(aText),
  append: aText,
  modules: maybe(object({ file: aText, stamp: aText })),
  from: maybe(oneOf('disk', 'image')),
});

const extras = object({
  sandbox: aFlag,
  panicDevices: listOf(aText),
  generationId: aFlag,
  coreInfo: maybe(aFlag),
  randomDevice: aFlag,
  firmwareLog: aFlag,
  panicAction: aFlag,
  monitorObjects: maybe(aFlag),
  stateByFile: maybe(aFlag),
});

const files = object({
  pidFile: aText,
  consoleLog: aText,
  firmwareLog: aText,
  qmpSocket: aText,
  watchSocket: aText,
  consoleSocket: aText,
  sensorsSocket: maybe(aText),
});

const plan = object({
  name: aText,
  binary: aText,
  accelerator: oneOf('kvm', 'tcg'),
  cpuModel: maybe(aText),
  memoryMiB: aCount,
  memory: maybe(
    either(object({ kind: oneOf('shared') }), object({ kind: oneOf('mapped'), file: aText })),
  ),
  machineType: maybe(aText),
  cpus: aCount,
  hardwareGeneration: maybe(aCount),
  overlay: aText,
  ssh: address,
  sshListens: maybe(aFlag),
  isolated: maybe(aFlag),
  vnc: maybe(either(object({ host: aText, display: aCount }), object({ socket: aText }))),
  vncBecause: maybe(aText),
  forwards: maybe(listOf(forward)),
  sharedDir: aText,
  shareReadOnly: maybe(aFlag),
  files,
  sensorPort: maybe(aFlag),
  agentSocket: maybe(aText),
  onCrash: maybe(object({ action: oneOf('pause', 'keep'), socket: aText })),
  disks: maybe(listOf(disk)),
  kernel: maybe(kernel),
  extras,
  extraArgs: listOf(aText),
});

/** A process, as process.ts identifies it. */
export const processShape = object({ pid: anInteger, startTicks: anInteger, bootId: aText });

/** What `machine.json` must be. */
export const stateShape = object({
  schema: oneOf(1),
  name: aText,
  file: aText,
  qemu: processShape,
  qemuVersion: aText,
  startedAt: aTime,
  plan,
  ssh: address,
  exposed: maybe(address),
  sshOpen: maybe(aFlag),
  keyOnly: maybe(aFlag),
  backingFile: aText,
  slowBecause: maybe(aText),
  shareOwner: maybe(oneOf('as-it-is', 'mapped', 'closed')),
  shareClosed: maybe(aFlag),
  warm: maybe(aFlag),
  rescue: maybe(oneOf('image-kernel', 'attached')),
  readyAt: maybe(aTime),
});
