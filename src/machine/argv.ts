import type { PortForward } from '../config/machine-config.ts';
import { hasSince } from '../hardware-generation.ts';
import { kernelLine } from './kernel-line.ts';
import type { MachinePlan } from './plan.ts';
import { waitAtCrashArgs } from '../wait-at-crash.ts';

/**
 * QEMU's argument list for a plan, without the binary. One function a part, in a
 * fixed order; the user's own arguments come last, so that they can override.
 */
export function machineArgv(plan: MachinePlan): string[] {
  return [
    ...identityArgs(plan),
    ...machineArgs(plan),
    ...firmwareArgs(plan),
    ...diskArgs(plan),
    ...networkArgs(plan),
    ...shareArgs(plan),
    ...screenArgs(plan),
    ...consoleArgs(plan),
    ...sensorArgs(plan),
    ...monitorArgs(plan),
    ...panicArgs(plan),
    ...entropyArgs(plan),
    ...coreInfoArgs(plan),
    ...agentArgs(plan),
    ...exerciseDiskArgs(plan),
    ...kernelArgs(plan),
    ...sandboxArgs(plan),
    ...plan.extraArgs,
  ];
}

/** In QEMU's option strings a comma inside a value is written twice. */
export function doubleCommas(value: string): string {
  return value.replaceAll(',', ',,');
}

/** A forward in QEMU's words: `tcp:127.0.0.1:8080-:80`. */
export function forwardRule({ protocol, host, hostPort, guestPort }: PortForward): string {
  return `${protocol}:${host}:${hostPort}-:${guestPort}`;
}

function identityArgs(plan: MachinePlan): string[] {
  return ['-name', `guest=${doubleCommas(plan.name)}`, '-pidfile', plan.files.pidFile];
}

function machineArgs(plan: MachinePlan): string[] {
  return [
    // Neither floppy nor CD-ROM: probing for them delays every boot.
    ...['-nodefaults', '-no-user-config'],
    ...memoryArgs(plan),
    ...['-accel', plan.accelerator],
    ...(plan.cpuModel === undefined ? [] : ['-cpu', plan.cpuModel]),
    ...['-smp', String(plan.cpus)],
    ...['-m', `${plan.memoryMiB}M`],
  ];
}

/** Called `pc.ram`, like QEMU's own, so that a state goes from one kind of memory to another. */
function memoryArgs({ machineType = 'pc', memory, memoryMiB }: MachinePlan): string[] {
  if (memory === undefined) return ['-machine', machineType];
  const size = `id=pc.ram,size=${memoryMiB}M`;
  const backend =
    memory.kind === 'shared'
      ? `memory-backend-memfd,${size},share=on`
      : `memory-backend-file,${size},share=off,mem-path=${doubleCommas(memory.file)}`;
  return ['-machine', `${machineType},memory-backend=pc.ram`, '-object', backend];
}

function firmwareArgs(plan: MachinePlan): string[] {
  // Only the disk is tried: "No bootable device" comes at once, not after a network boot.
  const boot = ['-boot', 'strict=on'];
  if (!plan.extras.firmwareLog) return boot;
  return [
    ...boot,
    ...['-chardev', `file,id=firmware0,path=${doubleCommas(plan.files.firmwareLog)}`],
    ...['-device', 'isa-debugcon,iobase=0x402,chardev=firmware0'],
  ];
}

/** Slots 3 and 4 are those of utopia.sh's network card and disk, so the guest's `ens3` stays `ens3`. */
function diskArgs(plan: MachinePlan): string[] {
  const file = doubleCommas(plan.overlay);
  return [
    ...['-drive', `file=${file},if=none,id=disk0,format=qcow2,discard=unmap`],
    // Not 0: that is taken by a kernel that somebody boots with -kernel among his own arguments.
    ...['-device', 'virtio-blk-pci,drive=disk0,addr=0x4,bootindex=1'],
  ];
}

function networkArgs(plan: MachinePlan): string[] {
  const { host, port } = plan.ssh;
  const options = [
    // Forwards work all the same.
    ...(plan.isolated === true ? ['restrict=on'] : []),
    ...(plan.sshListens === false ? [] : [`hostfwd=tcp:${host}:${port}-:22`]),
    ...plan.forwards
      // Another port that leads to SSH waits for the same.
      .filter(({ guestPort }) => plan.sshListens !== false || guestPort !== 22)
      .map((each) => `hostfwd=${forwardRule(each)}`),
  ];
  return [
    ...['-netdev', ['user', 'id=net0', ...options].join(',')],
    // No option ROM: nothing boots from the network, and loading it takes time.
    ...['-device', 'virtio-net-pci,netdev=net0,addr=0x3,romfile='],
  ];
}

function shareArgs(plan: MachinePlan): string[] {
  const path = doubleCommas(plan.sharedDir);
  const access = plan.shareReadOnly === true ? ',readonly=on' : '';
  return [
    ...['-fsdev', `local,id=share0,path=${path},security_model=none,multidevs=remap${access}`],
    ...['-device', 'virtio-9p-pci,fsdev=share0,mount_tag=shared'],
  ];
}

function screenArgs(plan: MachinePlan): string[] {
  return ['-vga', 'std', ...displayArgs(plan.vnc)];
}

function displayArgs(vnc: MachinePlan['vnc']): string[] {
  if (vnc === undefined) return ['-display', 'none'];
  return 'socket' in vnc
    ? ['-vnc', `unix:${doubleCommas(vnc.socket)}`]
    : ['-vnc', `${vnc.host}:${vnc.display}`];
}

function consoleArgs(plan: MachinePlan): string[] {
  const { consoleSocket, consoleLog } = plan.files;
  const log = `logfile=${doubleCommas(consoleLog)},logappend=on`;
  return [
    ...['-chardev', `${listeningSocket('console0', consoleSocket)},${log}`],
    ...['-serial', 'chardev:console0'],
  ];
}

/** The feed is on the second port, never on the console's: the firmware writes there. */
function sensorArgs(plan: MachinePlan): string[] {
  if (!plan.sensorPort) return [];
  return [
    ...['-chardev', listeningSocket('sensors0', plan.files.sensorsSocket)],
    ...['-device', 'isa-serial,chardev=sensors0,index=1'],
  ];
}

/**
 * Two monitors, since each serves one client at a time: one for commands, one to watch; a third one
 * where somebody waits for a crash, for whom the guest's kernel waits, too.
 */
function monitorArgs(plan: MachinePlan): string[] {
  const { onCrash } = plan;
  return [
    ...['-chardev', listeningSocket('qmp0', plan.files.qmpSocket)],
    ...monitorOn('qmp0', plan.extras),
    ...['-chardev', listeningSocket('watch0', plan.files.watchSocket)],
    ...monitorOn('watch0', plan.extras),
    ...(onCrash === undefined
      ? []
      : [
          ...['-chardev', listeningSocket('crash0', onCrash.socket)],
          ...monitorOn('crash0', plan.extras),
          ...waitAtCrashArgs,
        ]),
  ];
}

function monitorOn(chardev: string, { monitorObjects }: MachinePlan['extras']): string[] {
  return monitorObjects
    ? ['-object', `monitor-qmp,id=monitor-${chardev},chardev=${chardev}`]
    : ['-mon', `chardev=${chardev},mode=control`];
}

function listeningSocket(id: string, path: string): string {
  return `socket,id=${id},path=${doubleCommas(path)},server=on,wait=off`;
}

function panicArgs(plan: MachinePlan): string[] {
  const devices = plan.extras.panicDevices.flatMap((device) => ['-device', device]);
  const action = plan.extras.panicAction && devices.length > 0 ? ['-action', 'panic=none'] : [];
  return [...devices, ...action];
}

function entropyArgs(plan: MachinePlan): string[] {
  return [
    ...(plan.extras.randomDevice ? ['-device', 'virtio-rng-pci'] : []),
    ...(plan.extras.generationId ? ['-device', 'vmgenid,guid=auto'] : []),
  ];
}

function coreInfoArgs({ extras, hardwareGeneration }: MachinePlan): string[] {
  const has = extras.coreInfo && hasSince('coreInfo', hardwareGeneration);
  return has ? ['-device', 'vmcoreinfo'] : [];
}

/**
 * The port's name is what the guest's agent looks for: agentPortName of guest/agent-program.ts. QEMU
 * tells of a port that has an id when the guest opens or closes it: agentPortId of guest/watch-guest.ts.
 */
function agentArgs({ agentSocket }: MachinePlan): string[] {
  if (agentSocket === undefined) return [];
  return [
    ...['-device', 'virtio-serial-pci'],
    ...['-chardev', listeningSocket('agent0', agentSocket)],
    ...['-device', 'virtserialport,id=agentport0,chardev=agent0,name=org.utopia.agent'],
  ];
}

/** In order of the guest's names: Linux counts virtio disks by their PCI slots, and these come last. */
function exerciseDiskArgs(plan: MachinePlan): string[] {
  return plan.disks.flatMap(({ file, format, mode, name }, index) => {
    const id = `exercise${index}`;
    const access = mode === 'ro' ? 'readonly=on' : 'discard=unmap';
    return [
      ...['-drive', `file=${doubleCommas(file)},if=none,id=${id},format=${format},${access}`],
      ...['-device', `virtio-blk-pci,drive=${id},serial=${name}`],
    ];
  });
}

/** The modules' disk comes behind all others, so that it moves none of their names. */
function kernelArgs({ kernel, disks }: MachinePlan): string[] {
  if (kernel === undefined) return [];
  const { image, initrd, modules } = kernel;
  return [
    ...['-kernel', image],
    ...(initrd === undefined ? [] : ['-initrd', initrd]),
    ...['-append', kernelLine(kernel, disks.length)],
    ...(modules === undefined
      ? []
      : [
          ...[
            '-drive',
            `file=${doubleCommas(modules.file)},if=none,id=modules0,format=raw,readonly=on`,
          ],
          ...['-device', 'virtio-blk-pci,drive=modules0,serial=utopia-modules'],
        ]),
  ];
}

function sandboxArgs(plan: MachinePlan): string[] {
  if (!plan.extras.sandbox) return [];
  return ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'];
}
