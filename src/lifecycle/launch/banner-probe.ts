import { waitForSshBanner } from '../../guest/ssh-banner.ts';
import { reachable, type HostAddress } from '../../machine/plan.ts';

/** Somebody who asks for SSH already while the guest is being woken. */
export interface BannerProbe {
  /** The guest's SSH version line. */
  readonly banner: Promise<string>;
  /** Nobody waits any more. */
  stop(): void;
}

/** A guest that has no sshd yet refuses at once: that costs it little, and its network code is translated by then. */
const pauseMs = 20;

/** Begins to ask for the SSH banner, again and again until it comes. */
export function startBannerProbe({ host, port }: HostAddress): BannerProbe {
  const end = new AbortController();
  const banner = waitForSshBanner({ host: reachable(host), port, pauseMs, signal: end.signal });
  // Who has stopped it, or given the machine up, does not listen.
  banner.catch(() => {});
  return { banner, stop: () => end.abort() };
}
