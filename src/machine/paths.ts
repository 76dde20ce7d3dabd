import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../config/machine-config.ts';
import type { Environment } from '../environment.ts';
import { UtopiaError } from '../errors.ts';
import { runtimeRoot, stateRoot } from '../system/places.ts';

/** Every file of one machine that is not in the user's own folder. */
export interface MachinePaths {
  /** `folder-1a2b3c4d`: the same for the same config file, another for every other. */
  readonly id: string;
  /** Survives a reboot: logs, who runs, the guest's host keys, kept overlays. */
  readonly stateDir: string;
  /** Sockets; gone with the login session or at a reboot. */
  readonly runtimeDir: string;
  /** Held while a machine is started, stopped or reset. */
  readonly lockFile: string;
  /** What runs: pid, ports, sockets (MachineState). */
  readonly stateFile: string;
  /** Written by QEMU itself, for the moment in which our own state file is not there yet. */
  readonly pidFile: string;
  /** There while QEMU is being started: neither of the two above may name it yet. */
  readonly startingFile: string;
  /** Ports that `auto` has chosen for this machine. */
  readonly portsFile: string;
  readonly consoleLog: string;
  readonly firmwareLog: string;
  /** QEMU's own words (stdout and stderr). */
  readonly qemuLog: string;
  /** The sensor bridge: its feed and process (SensorBridge). */
  readonly sensorsFile: string;
  /** What the sensor bridge of this start has to say. */
  readonly sensorsLog: string;
  /** known_hosts and the marker of an installed key; they belong to the overlay. */
  readonly sshDir: string;
  /** Who waits for a crash of the kernel: its process. */
  readonly crashWatchFile: string;
  /** What it has to say. */
  readonly crashWatchLog: string;
  /** Crashes that were kept: a folder each. */
  readonly crashesDir: string;
  /** Overlays that `reset` moved away. */
  readonly keptDir: string;
  /** The throw-away layers of exercise disks; the next start empties it. */
  readonly disksDir: string;
  /** Kernel and initramfs that were taken out of a disk for QEMU. */
  readonly bootDir: string;
  /** The throw-away disk and the keys of a machine that has the private file as its second disk. */
  readonly rescueDir: string;
  /** QMP for commands that come and go; QMP for the one that watches; the serial console. */
  readonly qmpSocket: string;
  readonly watchSocket: string;
  readonly consoleSocket: string;
  /** The guest's second serial port, for the sensor bridge. */
  readonly sensorsSocket: string;
  /** QMP for the one who waits for a crash. */
  readonly crashSocket: string;
  /** utopia's agent in a guest that went on from a warm base. */
  readonly agentSocket: string;
  /** QEMU's gdb stub, while utopia gdb has it open. */
  readonly gdbSocket: string;
  /** The screen, with UTOPIA_VNC=unix. */
  readonly vncSocket: string;
  /** What a guest is paused for that stopped at a crash. */
  readonly crashPauseFile: string;
  /** How far the console was read when the guest was last seen alive. */
  readonly aliveFile: string;
}

/** Longest path of a Unix socket: sun_path has 108 bytes with its final NUL (unix(7)). */
const longestSocketPath = 107;

/** Where the machine of this config keeps its files. Touches nothing. */
export function machinePaths(
  config: Pick<Config, 'file'>,
  env: Environment,
  uid: number,
): MachinePaths {
  return pathsOfId(machineId(config), env, uid);
}

/** Where the machine with this id keeps its files. Touches nothing. */
export function pathsOfId(id: string, env: Environment, uid: number): MachinePaths {
  const stateDir = join(stateRoot(env), id);
  const runtimeDir = join(runtimeRoot(env, uid), id);
  return {
    id,
    stateDir,
    runtimeDir,
    lockFile: join(stateDir, 'lock'),
    stateFile: join(stateDir, 'machine.json'),
    pidFile: join(stateDir, 'qemu.pid'),
    startingFile: join(stateDir, 'starting'),
    portsFile: join(stateDir, 'ports.json'),
    consoleLog: join(stateDir, 'console.log'),
    firmwareLog: join(stateDir, 'firmware.log'),
    qemuLog: join(stateDir, 'qemu.log'),
    sensorsFile: join(stateDir, 'sensors.json'),
    sensorsLog: join(stateDir, 'sensors.log'),
    crashWatchFile: join(stateDir, 'crash-watch.json'),
    crashWatchLog: join(stateDir, 'crash-watch.log'),
    crashesDir: join(stateDir, 'crashes'),
    sshDir: join(stateDir, 'ssh'),
    keptDir: join(stateDir, 'kept'),
    disksDir: join(stateDir, 'disks'),
    bootDir: join(stateDir, 'boot'),
    rescueDir: join(stateDir, 'rescue'),
    qmpSocket: join(runtimeDir, 'qmp.sock'),
    watchSocket: join(runtimeDir, 'watch.sock'),
    consoleSocket: join(runtimeDir, 'console.sock'),
    sensorsSocket: join(runtimeDir, 'sensors.sock'),
    crashSocket: join(runtimeDir, 'crash.sock'),
    agentSocket: join(runtimeDir, 'agent.sock'),
    gdbSocket: join(runtimeDir, 'gdb.sock'),
    vncSocket: join(runtimeDir, 'vnc.sock'),
    crashPauseFile: join(runtimeDir, 'crash-pause.json'),
    aliveFile: join(runtimeDir, 'alive.json'),
  };
}

/**
 * The config file alone decides: a machine keeps its id when UTOPIA_NAME changes,
 * so that `down` after an edit still finds what runs. The folder's name is in it
 * for the eyes of whoever looks into the state folder.
 */
function machineId(config: Pick<Config, 'file'>): string {
  const folder = config.file.split('/').at(-2) ?? '';
  const slug = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 16);
  const hash = createHash('sha256').update(config.file).digest('hex').slice(0, 8);
  return `${slug.replaceAll(/^-|-$/g, '') || 'machine'}-${hash}`;
}

/** Throws `path-too-long` where a socket of this machine could not be bound. */
export function checkSocketPaths(paths: MachinePaths): void {
  const { qmpSocket, watchSocket, consoleSocket, sensorsSocket } = paths;
  for (const path of [qmpSocket, watchSocket, consoleSocket, sensorsSocket]) {
    const length = Buffer.byteLength(path);
    if (length <= longestSocketPath) continue;
    throw new UtopiaError(
      'path-too-long',
      `A socket's path has ${length} bytes, the system allows ${longestSocketPath}: ${path}`,
      { hint: 'Set XDG_RUNTIME_DIR (or TMPDIR) to a folder with a shorter path.' },
    );
  }
}
