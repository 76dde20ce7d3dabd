import { Refusal } from './setting.ts';
import type { VncSetting } from './machine-config.ts';

/** True for four numbers with dots, none with a leading zero. (node:net would cost 2 ms to load.) */
export function isIPv4(text: string): boolean {
  const parts = text.split('.');
  return (
    parts.length === 4 &&
    parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  );
}

/** A path as written; not empty. */
export function readPath(text: string): string | Refusal {
  if (text === '') return new Refusal('is empty, and a path is needed');
  if (text.includes('\n')) {
    return new Refusal(
      'runs over several lines',
      'Look for a quote that is not closed on the line where it is opened.',
    );
  }
  return text;
}

/** The name of a build, or a path, as written; empty for none. */
export function readKernel(text: string): string | Refusal {
  if (text === '' || text.includes('/')) return text === '' ? text : readPath(text);
  return /^[A-Za-z0-9_][A-Za-z0-9._+~-]{0,63}$/.test(text)
    ? text
    : new Refusal(
        'is not the name of a build',
        'Write a name that utopia kernel list prints, or a path with a / in it, such as ./bzImage.',
      );
}

/** What Linux keeps of its command line on x86 (COMMAND_LINE_SIZE), less what utopia writes before. */
const mostAppendLength = 1200;

/** Words for a kernel's command line, which is one line of printable ASCII. */
export function readAppend(text: string): string | Refusal {
  if (!/^[\x20-\x7e]*$/.test(text)) {
    return new Refusal('has a character that a kernel command line cannot have');
  }
  if (text.length > mostAppendLength) {
    return new Refusal(`is longer than ${mostAppendLength} characters`);
  }
  return text.trim();
}

/** Least memory with which a Debian kernel boots. */
const leastMemoryMiB = 64;
/** A mebibyte of mebibytes: more than any host has, and QEMU's -m still takes it. */
const mostMemoryMiB = 1_048_576;

/** `2048`, `2048M`, `2G` to MiB. */
export function readMemory(text: string): number | Refusal {
  const match = /^(\d{1,9})\s?(?:(M|MB|MiB)|(G|GB|GiB))?$/i.exec(text);
  if (match === null) return new Refusal('is not a size', 'Write MiB as in 2048, or 2048M, or 2G.');
  const amount = Number(match[1]);
  const memoryMiB = match[3] === undefined ? amount : amount * 1024;
  if (memoryMiB < leastMemoryMiB) {
    return new Refusal(
      `is ${memoryMiB} MiB; the guest needs at least ${leastMemoryMiB}`,
      amount > 0 && amount < leastMemoryMiB ? `For ${amount} GiB write ${amount}G.` : undefined,
    );
  }
  if (memoryMiB > mostMemoryMiB) return new Refusal(`is more than ${mostMemoryMiB} MiB`);
  return memoryMiB;
}

/** A whole number from `least` to `most`. */
export function readCount(least: number, most: number): (text: string) => number | Refusal {
  return (text) => {
    if (!/^\d{1,9}$/.test(text)) return new Refusal('is not a whole number');
    const count = Number(text);
    return count < least || count > most ? new Refusal(`is not from ${least} to ${most}`) : count;
  };
}

/** A port that a user may listen on, or `auto`. */
export function readPort(text: string): number | 'auto' | Refusal {
  if (text === 'auto') return 'auto';
  const port = readCount(0, 65_535)(text);
  if (port instanceof Refusal || port >= 1024) return port;
  return new Refusal(
    'is a privileged port, which only root may listen on',
    'Write a port from 1024 to 65535, such as 22223, or auto for a free one.',
  );
}

/** An IPv4 address, or a name that is still to be resolved. */
export function readInterface(text: string): string | Refusal {
  if (text === '') {
    return new Refusal(
      'is empty',
      'Write 127.0.0.1 for this host alone. 0.0.0.0 opens the port to the world.',
    );
  }
  if (text === 'localhost') return '127.0.0.1';
  if (isIPv4(text)) return text;
  if (text.includes(':')) {
    return new Refusal(
      'is not an IPv4 address; QEMU forwards ports on IPv4 only',
      'Write an address such as 127.0.0.1; the port has a key of its own, UTOPIA_SSH_PORT.',
    );
  }
  if (/^[\d.]+$/.test(text) || !/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(text)) {
    return new Refusal('is neither an IPv4 address nor a host name');
  }
  return text;
}

/** TCP port of VNC display 0. */
const firstVncPort = 5900;

/** `off`, `auto`, `unix`, `127.0.0.1:N`, `localhost:N` or `:N`. */
export function readVnc(text: string): VncSetting | Refusal {
  if (text === 'off' || text === 'auto' || text === 'unix') return { kind: text };
  const match = /^([^:]*):(\d{1,5})$/.exec(text);
  if (match === null) {
    return new Refusal(
      'is not a display',
      'Write 127.0.0.1:0, another display, auto, unix, or off.',
    );
  }
  const host = match[1] === '' || match[1] === 'localhost' ? '127.0.0.1' : (match[1] ?? '');
  const display = Number(match[2]);
  if (!isIPv4(host) || !host.startsWith('127.')) {
    return new Refusal(
      'would show the screen to the network, and VNC asks for no password',
      `Write 127.0.0.1:${display}, and from elsewhere go through SSH: ssh -L 5900:127.0.0.1:${firstVncPort + display} HOST`,
    );
  }
  if (display >= firstVncPort && display < firstVncPort + 100) {
    return new Refusal(
      'names a port, and a display number is needed',
      `Port ${display} is display ${display - firstVncPort}: ${host}:${display - firstVncPort}`,
    );
  }
  if (display > 65_535 - firstVncPort) return new Refusal('is a display beyond the last TCP port');
  return { kind: 'display', host, display };
}

/** A machine's name: also part of file names, so kept short and plain. */
export function readMachineName(text: string): string | Refusal {
  if (text === '') return new Refusal('is empty, and a name is needed');
  if (isPlainName(text)) return text;
  return /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,39}$/u.test(text)
    ? text
    : new Refusal('is not a name for a machine');
}

/** Most names are; the expressions with letters of all alphabets take milliseconds to compile. */
function isPlainName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/.test(text) && /[A-Za-z0-9]$/.test(text);
}

/** A machine's name made from its folder's: other characters become -, `lab` when nothing is left. */
export function nameFromFolder(folderName: string): string {
  if (isPlainName(folderName)) return folderName;
  const name = folderName
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{M}\p{N}._-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, 40)
    .replace(/[^\p{L}\p{M}\p{N}]+$/u, '');
  return name === '' ? 'lab' : name;
}

/** `1 yes true on` and `0 no false off` and empty. */
export function readSwitch(text: string): boolean | Refusal {
  const word = text.toLowerCase();
  if (['1', 'yes', 'true', 'on'].includes(word)) return true;
  return ['', '0', 'no', 'false', 'off'].includes(word) ? false : new Refusal('is neither 1 nor 0');
}
