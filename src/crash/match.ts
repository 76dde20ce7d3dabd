import type { ElfFunction, ElfObject } from './elf.ts';
import type { CodePlace } from './crash-event.ts';

/** Functions are aligned to so many bytes; kallsyms counts what is between them. */
const alignment = 16;

/**
 * The function that a place of a trace means, as scripts/faddr2line finds it: by
 * name, with the size that the kernel printed. Undefined where no function of that
 * name has it, which means that the object is another build than the one that ran.
 */
export function chooseFunction(
  object: Pick<ElfObject, 'functions'>,
  place: Pick<CodePlace, 'function' | 'offset' | 'size'>,
): ElfFunction | undefined {
  return object
    .functions(place.function)
    .find(
      (each) =>
        hasSize(each, place.size) && place.offset <= Math.max(each.size, each.distance ?? 0),
    );
}

/** kallsyms takes a function's size from the next symbol, so it may count padding. */
function hasSize({ size, distance }: ElfFunction, wanted: number): boolean {
  if (wanted === -1 || wanted === size || wanted === distance) return true;
  const padded = Math.ceil(size / alignment) * alignment;
  if (wanted === padded) return true;
  // The last of its section goes on until the next section.
  return distance === undefined && wanted >= size && wanted < size + 4096;
}
