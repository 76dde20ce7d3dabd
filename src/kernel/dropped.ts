import { valueOf, type KernelConfig } from './config-text.ts';
import { askedParts, missingParts, parseDependency, type Dependency } from './dependency.ts';
import type { KconfigEntry } from './kconfig.ts';

/** An option that was asked for and came out otherwise. */
export interface DroppedOption {
  readonly option: string;
  readonly asked: string;
  readonly have: string;
}

/** What olddefconfig made otherwise than it was asked for, in the order it was asked for. Pure. */
export function findDropped(
  wanted: ReadonlyMap<string, string>,
  config: Pick<KernelConfig, 'options'>,
): DroppedOption[] {
  return [...wanted]
    .map(([option, asked]) => ({ option, asked, have: valueOf(config, option) }))
    .filter(({ asked, have }) => !isAsAsked(asked, have));
}

/** Built in is more than a module; a number may be written in another way. */
function isAsAsked(asked: string, have: string): boolean {
  if (asked === have || (asked === 'm' && have === 'y')) return true;
  return /^(?:0x)?\d/i.test(asked) && Number(asked) === Number(have);
}

/** Why: what Kconfig asks for and is not there. */
export type DropReason =
  /** No file of this kernel's Kconfig names it. */
  | { readonly kind: 'unknown' }
  /** These parts of what it depends on do not hold. */
  | { readonly kind: 'needs'; readonly parts: readonly string[] }
  /** It is not for anybody to choose: others select it, and these do not. */
  | { readonly kind: 'selected' }
  /** The compiler, or another program of the host, was asked and said no. */
  | { readonly kind: 'host'; readonly asked: readonly string[] }
  /** It was asked for as a module, and is built in or not. */
  | { readonly kind: 'bool' }
  | { readonly kind: 'other' };

/** Reads the reason out of what Kconfig says of the option: `entries`, undefined for nothing. Pure. */
export function explainDrop(
  { asked }: DroppedOption,
  entries: readonly KconfigEntry[] | undefined,
  config: Pick<KernelConfig, 'options'>,
): DropReason {
  if (entries === undefined || entries.length === 0) return { kind: 'unknown' };
  if (asked === 'n') return { kind: 'other' };
  const wanted = asked === 'm' ? 1 : 2;
  const look = (option: string): string => valueOf(config, option);
  const promptable = entries.filter(({ prompt }) => prompt !== undefined);
  if (promptable.length === 0) return { kind: 'selected' };
  // One of the places that define it is enough: the one that lacks least says most.
  const reasons = promptable.map((entry) => {
    const conditions = conditionsOf(entry);
    return {
      parts: conditions.flatMap((each) => missingParts(each, wanted, look)),
      asked: conditions.flatMap(askedParts),
    };
  });
  const best = reasons.toSorted((one, other) => one.parts.length - other.parts.length)[0];
  if (best === undefined) return { kind: 'other' };
  if (best.parts.length > 0) return { kind: 'needs', parts: [...new Set(best.parts)] };
  if (best.asked.length > 0) return { kind: 'host', asked: best.asked };
  return { kind: asked === 'm' && promptable.every(({ isBool }) => isBool) ? 'bool' : 'other' };
}

function conditionsOf({ depends, promptIf }: KconfigEntry): Dependency[] {
  return [...depends, ...(promptIf === undefined ? [] : [promptIf])].flatMap((text) => {
    const parsed = parseDependency(text.replace(/\s#.*$/, ''));
    return parsed === undefined ? [] : [parsed];
  });
}
