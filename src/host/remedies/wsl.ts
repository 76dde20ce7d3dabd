import type { Fix, FixCommand } from '../check.ts';
import type { MachineFacts } from '../facts/machine-facts.ts';

/** WSL 2 without systemd: nobody runs udev there, and modules-load.d is read by nobody. */
export function isBareWsl({ wsl, systemd }: MachineFacts): boolean {
  return wsl === 2 && !systemd;
}

const restart: FixCommand = {
  argv: ['wsl.exe', '--shutdown'],
  root: false,
  why: 'ends WSL with all that runs in it; the next start reads wsl.conf',
};

/** What systemd would do, or `command`, run as root at each start (wsl.conf, [boot]). */
export function bareWslFix(command: string, what: string, first: readonly FixCommand[] = []): Fix {
  return {
    kind: 'manual',
    commands: [...first, restart],
    after: 'none',
    advice:
      `In /etc/wsl.conf, below [boot], write systemd=true: ${what}. ` +
      `Without systemd, below [boot]: command=${command}`,
  };
}
