/**
 * What utopia makes is the user's alone, whatever umask the login has: an overlay
 * holds all that the guest has written, a record names paths, a log passwords. The
 * process therefore runs under umask 077, QEMU and qemu-img with it. What the user
 * asked for by name (--junit FILE, a screenshot, what is copied out of a guest) has
 * the mode that the user's own umask gives, as with cp and touch.
 */
const privateUmask = 0o077;

// Each command is a bundle of its own: a variable of this file would exist once in each.
const place = Symbol.for('utopia.umask');
const kept = globalThis as { [place]?: number };

/** Makes all that this process and its children create private to the user. Once, before anything is made. */
export function createPrivately(): void {
  kept[place] = process.umask(privateUmask);
}

/** The umask that the user started utopia with. */
export function usersUmask(): number {
  return kept[place] ?? process.umask();
}

/** Mode of a file that the user asked for by name. */
export function namedFileMode(): number {
  return 0o666 & ~usersUmask();
}

/** Mode of a folder that the user asked for by name. */
export function namedFolderMode(): number {
  return 0o777 & ~usersUmask();
}

/**
 * Starts a program that makes files of the user's (scp, tar, a viewer) under the
 * user's umask. `start` must start it before it returns: the kernel copies the
 * umask to the child then, and ours is back before anything else runs here.
 */
export function underUsersUmask<T>(start: () => T): T {
  return underUmask(usersUmask(), start);
}

/** The same with another umask. */
export function underUmask<T>(umask: number, start: () => T): T {
  if (kept[place] === undefined) return start();
  process.umask(umask);
  try {
    return start();
  } finally {
    process.umask(privateUmask);
  }
}
