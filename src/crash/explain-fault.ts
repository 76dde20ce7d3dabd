import type { Crash } from './crash-event.ts';

const verbs = { read: 'read', write: 'written to', execute: 'jumped to' } as const;

/** Freed memory and dead list entries are filled with these (include/linux/poison.h), x86 and arm64. */
const poisons: readonly (readonly [RegExp, string])[] = [
  [
    /^dead0000000000/,
    'a little below the poison of a deleted list entry (LIST_POISON1): the structure that holds the entry was looked for behind its pointer to the next one, after list_del',
  ],
  [
    /^dead0000000001/,
    'the poison of a deleted list entry (LIST_POISON): it was used or deleted again after list_del',
  ],
  [
    /^dead0000000002/,
    'the poison of a deleted list entry (LIST_POISON2): it was deleted again after list_del',
  ],
  [/6b6b6b6b6b6b/, 'the filling of freed memory (0x6b): it was used after kfree'],
  [/5a5a5a5a5a5a/, 'the filling of fresh memory (0x5a): it was used before it was set'],
  [
    /cccccccccccc/,
    'the filling of freed init memory (0xcc): a function or variable marked __init was used after the module had loaded',
  ],
];

/** What happened to a fault's address, in a few words; undefined for other crashes. */
export function faultPhrase({ kind, access }: Crash): string | undefined {
  if (access === 'execute') {
    if (kind === 'null-dereference') return 'call through a NULL pointer';
    if (kind === 'page-fault') return 'call to a bad address';
  }
  if (access === undefined) return undefined;
  if (kind === 'null-dereference') return `NULL pointer ${access}`;
  if (kind === 'page-fault') return `${access === 'read' ? 'read from' : 'write to'} a bad address`;
  return undefined;
}

/** What a fault's address tells; undefined where the kind's own text says it all. */
export function explainFault(crash: Crash): string | undefined {
  const { kind, address, access } = crash;
  if (address === undefined) return undefined;
  const hex = `0x${address.toString(16)}`;
  const how = `Address ${hex} was ${access === undefined ? 'used' : verbs[access]}`;
  if (kind === 'null-dereference') return explainNull(address, access, how);
  if (kind !== 'page-fault' && kind !== 'general-protection') return undefined;
  const poison = poisons.find(([pattern]) => pattern.test(address.toString(16).padStart(16, '0')));
  if (poison !== undefined) return `${how}: ${poison[1]}.`;
  if (address >= 0xffff_ffff_ffff_f001n) {
    const number = (1n << 64n) - address;
    return `${how}: an error number (-${number}) that was taken for a pointer. A function that returns ERR_PTR must be checked with IS_ERR, not for NULL.`;
  }
  if (address >= 0xffff_ffff_ffff_e000n) {
    return `${how}: a little off an error pointer. A function that returns ERR_PTR must be checked with IS_ERR, not for NULL.`;
  }
  if (kind === 'general-protection') return undefined;
  if (access === 'execute') {
    return `${how}: a function pointer into code that is not there any more (a module that was removed while a timer, a work item or a callback still pointed to it), or one that was overwritten.`;
  }
  if (address < 0x8000_0000_0000n) {
    return `${how}: it is in user space, or no address at all. A pointer from user space may only be followed by copy_from_user, copy_to_user, get_user and put_user; it may also be a pointer that was overwritten.`;
  }
  return undefined;
}

function explainNull(address: bigint, access: Crash['access'], how: string): string {
  if (access === 'execute') {
    return 'A function pointer that is NULL was called: an operation that was not filled in, or a structure that was not set up.';
  }
  const cause =
    'Most often a private_data or a list entry that was never set, or an allocation whose result was not checked.';
  if (address === 0n) return `${how}: a pointer is NULL. ${cause}`;
  return `${how}: the field at offset ${address} of a structure whose pointer is NULL. ${cause}`;
}
