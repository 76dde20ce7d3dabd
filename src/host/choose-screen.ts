import type { Config, VncSetting } from '../config/machine-config.ts';
import type { People } from './facts/people.ts';

/** Where a machine's screen is to be served, and why that is not what UTOPIA_VNC says. */
export interface ScreenChoice {
  readonly vnc: VncSetting;
  /** A sentence; undefined where UTOPIA_VNC holds. */
  readonly because?: string;
}

/**
 * VNC asks for no password, and every user of a host reaches its loopback: where somebody else is
 * there, a screen that nobody has placed goes to a private socket. Pure.
 */
export function chooseScreen(
  { vnc, vncIsDefault }: Pick<Config, 'vnc' | 'vncIsDefault'>,
  people: People,
): ScreenChoice {
  if (people.kind === 'alone' || !vncIsDefault || vnc.kind !== 'display') return { vnc };
  return {
    vnc: { kind: 'unix' },
    because: `Other people can be on this host, and every one of them reaches display ${vnc.display}, which has no password: the screen is at a private socket. UTOPIA_VNC=${vnc.host}:${vnc.display} serves it there all the same.`,
  };
}
