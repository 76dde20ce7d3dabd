import type { QmpEvent } from '../qmp/protocol.ts';
import { trackBoot, type BootSource, type BootStage } from './boot-stages.ts';
import type { ConsoleText } from './console-text.ts';
import type { GuestEvent } from './events.ts';

/** As the argument list names it. */
const agentPortId = 'agentport0';
/** RESET comes three times within 64 ms for one reboot (fixtures/qmp/reset.jsonl). */
const oneRebootMs = 1_000;

/** Turns what a machine says into events. Holds a few flags, no text. */
export interface GuestWatch {
  /** Text from the firmware's debug port or the console. */
  read(source: BootSource, text: ConsoleText, atMs: number): GuestEvent[];
  /** An event of QEMU's. */
  handleEvent(event: QmpEvent, atMs: number): GuestEvent[];
  /** The SSH banner has answered. */
  bannerSeen(banner: string, atMs: number): GuestEvent[];
  /** Furthest stage of the boot under way. */
  readonly stage: BootStage | undefined;
  /** The console of this boot has shown a login prompt. */
  readonly sawLogin: boolean;
}

/** Watches one machine from its start. Pure: the times are the caller's. */
export function watchGuest(): GuestWatch {
  let boot = trackBoot();
  let lastResetMs: number | undefined;
  let panicked = false;

  function startOver(): void {
    // Words of the boot that has ended may still be on their way through the log.
    boot = trackBoot({ afterReset: true });
    panicked = false;
  }

  function panic(atMs: number): GuestEvent[] {
    if (panicked) return [];
    panicked = true;
    return [{ kind: 'panicked', atMs }];
  }

  function readLine(source: BootSource, line: string, atMs: number): GuestEvent[] {
    const stage = boot.read(source, line, atMs);
    return stage === undefined ? [] : [stage];
  }

  function reset(event: QmpEvent, atMs: number): GuestEvent[] {
    if (lastResetMs !== undefined && atMs - lastResetMs < oneRebootMs) return [];
    lastResetMs = atMs;
    startOver();
    return [{ kind: 'rebooted', by: byWhom(event), atMs }];
  }

  return {
    read: (source, text, atMs) => {
      const events = text.lines.flatMap((line) => readLine(source, line, atMs));
      if (text.partial === '') return events;
      // An unfinished line may be a prompt; what is not one is read again when it has ended.
      const stage = boot.read(source, text.partial, atMs);
      return stage === undefined ? events : [...events, stage];
    },
    handleEvent: (event, atMs) => {
      switch (event.name) {
        case 'RESET':
          return reset(event, atMs);
        case 'POWERDOWN':
          return [{ kind: 'power-button', atMs }];
        case 'SHUTDOWN':
          return [{ kind: 'shutdown', by: byWhom(event), reason: textOf(event, 'reason'), atMs }];
        case 'GUEST_PANICKED':
          return panic(atMs);
        case 'BLOCK_IO_ERROR':
          return [diskTrouble(event, atMs)];
        case 'VSERPORT_CHANGE': {
          const left = event.data['id'] === agentPortId && event.data['open'] === false;
          return left ? [{ kind: 'agent-left', atMs }] : [];
        }
        case 'STOP':
          return [{ kind: 'paused', atMs }];
        case 'RESUME':
          return [{ kind: 'resumed', atMs }];
        default:
          return [];
      }
    },
    bannerSeen: (banner, atMs) => {
      const stage = boot.bannerSeen(banner, atMs);
      return stage === undefined ? [] : [stage];
    },
    get stage() {
      return boot.stage;
    },
    get sawLogin() {
      return boot.sawLogin;
    },
  };
}

function byWhom(event: QmpEvent): 'guest' | 'host' {
  return event.data['guest'] === true ? 'guest' : 'host';
}

function textOf(event: QmpEvent, key: string): string {
  const value = event.data[key];
  return typeof value === 'string' ? value : '';
}

function diskTrouble(event: QmpEvent, atMs: number): GuestEvent {
  const device = textOf(event, 'device') || textOf(event, 'node-name');
  if (event.data['nospace'] === true) return { kind: 'disk-full', device, atMs };
  const stopped = event.data['action'] === 'stop';
  return { kind: 'disk-error', device, reason: textOf(event, 'reason'), stopped, atMs };
}
