/** A kernel's notes have 3 KB. */
export const mostCoreInfoBytes = 64 * 1024;
const coreInfoName = 'VMCOREINFO';
/** The name of a kernel's notes as it lies in memory, before what they say. */
export const coreInfoMark = Buffer.from(`${coreInfoName}\0\0OSRELEASE=`);
/** How far the mark is behind the note's start: three words. */
export const coreInfoMarkAt = 12;

/** Type of the note with a processor's registers, and where the number of its task is in it (elfcore.h). */
const statusType = 1;
const taskAt = 32;
const registers = 'CORE';

/** A task that was on a processor, both by number. */
export interface RunningTask {
  readonly cpu: number;
  readonly pid: number;
}

/**
 * Notes in which a processor's registers are those of its task, of the guest's number: QEMU knows no
 * tasks, and numbers them as the processors, from 1. A debugger finds the registers of the task by it.
 * Pure.
 */
export function nameTask(notes: Buffer, { cpu, pid }: RunningTask): Buffer {
  const out = Buffer.from(notes);
  let processor = 0;
  for (let at = 0; at + 12 <= notes.length;) {
    const nameBytes = notes.readUInt32LE(at);
    const bytes = notes.readUInt32LE(at + 4);
    const start = at + 12 + padded(nameBytes);
    if (start + bytes > notes.length) break;
    const name = notes.toString('latin1', at + 12, at + 12 + Math.min(nameBytes, 16));
    if (name === `${registers}\0` && notes.readUInt32LE(at + 8) === statusType) {
      if (processor === cpu && bytes >= taskAt + 4) out.writeInt32LE(pid, start + taskAt);
      processor += 1;
    }
    at = start + padded(bytes);
  }
  return out;
}

/** The text of the note called VMCOREINFO: a header of three words, the name, what it says. Pure. */
export function findCoreInfo(notes: Buffer): string {
  for (let at = 0; at + 12 <= notes.length;) {
    const nameBytes = notes.readUInt32LE(at);
    const bytes = notes.readUInt32LE(at + 4);
    const start = at + 12 + padded(nameBytes);
    if (start + bytes > notes.length) break;
    const name = notes.toString('latin1', at + 12, at + 12 + Math.min(nameBytes, 16));
    if (name.replace(/\0+$/, '') === coreInfoName) {
      return notes.toString('latin1', start, start + Math.min(bytes, mostCoreInfoBytes));
    }
    at = start + padded(bytes);
  }
  return '';
}

/** A note that says this. Pure. */
export function coreInfoNote(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const out = Buffer.alloc(12 + padded(coreInfoName.length + 1) + padded(bytes.length));
  out.writeUInt32LE(coreInfoName.length + 1, 0);
  out.writeUInt32LE(bytes.length, 4);
  out.write(coreInfoName, 12, 'latin1');
  bytes.copy(out, 12 + padded(coreInfoName.length + 1));
  return out;
}

/** Notes begin at multiples of four bytes. */
export function padded(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
