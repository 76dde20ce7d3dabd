/** Ctrl-], the key that speaks to us and not to the guest. */
const escapeByte = 0x1d;

/** What the user wants besides typing. */
export type ConsoleAction = 'menu' | 'leave' | 'size';

export interface ConsoleKeys {
  /** Bytes for the guest. */
  readonly send: Uint8Array;
  readonly actions: readonly ConsoleAction[];
}

/**
 * Tells what is typed into the guest from what is said to us: Ctrl-] opens the menu,
 * the next key is the choice: q leaves, s sends the terminal's size, Ctrl-] sends
 * itself. Any other key closes the menu and is not sent. Nothing behind a choice to
 * leave is sent.
 */
export function createKeyReader(): (chunk: Uint8Array) => ConsoleKeys {
  let inMenu = false;
  return (chunk) => {
    const send: number[] = [];
    const actions: ConsoleAction[] = [];
    for (const byte of chunk) {
      if (!inMenu) {
        if (byte === escapeByte) {
          inMenu = true;
          actions.push('menu');
        } else send.push(byte);
        continue;
      }
      inMenu = false;
      const key = String.fromCodePoint(byte).toLowerCase();
      if (key === 'q' || key === '.')
        return { send: Uint8Array.from(send), actions: [...actions, 'leave'] };
      if (key === 's') actions.push('size');
      else if (byte === escapeByte) send.push(byte);
    }
    return { send: Uint8Array.from(send), actions };
  };
}

/** Modes that a guest's programs leave a terminal in, and the sequences that end them (xterm's control sequences). */
const modes: readonly { readonly begin: string; readonly end: string }[] = [
  // vim and less draw on a second screen.
  { begin: '\u001B[?1049h', end: '\u001B[?1049l' },
  // Cursor and mouse.
  { begin: '\u001B[?25l', end: '\u001B[?25h' },
  { begin: '\u001B[?7l', end: '\u001B[?7h' },
  { begin: '\u001B[?2004h', end: '\u001B[?2004l' },
  { begin: '\u001B[?1000h', end: '\u001B[?1000l' },
  { begin: '\u001B[?1002h', end: '\u001B[?1002l' },
  { begin: '\u001B[?1006h', end: '\u001B[?1006l' },
];

/** Watches what a guest prints, and knows what puts the terminal right again afterwards. */
export interface ModeWatch {
  see(chunk: Uint8Array): void;
  /** Ends colours and every mode that is still on. */
  restore(): string;
}

export function watchModes(): ModeWatch {
  const on = new Set<string>();
  let rest = '';
  return {
    see: (chunk) => {
      const text = rest + Buffer.from(chunk).toString('latin1');
      for (const { begin, end } of modes) {
        const begun = text.lastIndexOf(begin);
        const ended = text.lastIndexOf(end);
        if (begun > ended) on.add(end);
        else if (ended > begun) on.delete(end);
      }
      rest = text.slice(-8);
    },
    restore: () => `\u001B[m${[...on].join('')}`,
  };
}
