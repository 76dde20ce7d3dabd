import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { readKnown } from '../system/json-file.ts';
import { makeFolder } from '../system/make-folder.ts';
import { stateRoot } from '../system/places.ts';
import { aText, aTime, listOf, object, oneOf, type Shaped } from '../text/shape.ts';

const builtShape = object({
  /** Absolute: where it was installed. */
  prefix: aText,
  /** Absolute: the tree that it was built from. */
  source: aText,
  version: aText,
  builtAt: aTime,
});

const shape = object({ schema: oneOf(1), builds: listOf(builtShape) });

/** A QEMU that utopia has built and installed. */
export type BuiltQemu = Shaped<typeof builtShape>;

/** Where it is recorded which prefixes hold a QEMU that utopia has built. */
export function builtFile(env: Environment): string {
  return join(stateRoot(env), 'qemus.json');
}

/** The QEMUs that utopia has built; a record that cannot be read counts for nothing. */
export async function readBuilt(env: Environment): Promise<readonly BuiltQemu[]> {
  return (await readKnown(builtFile(env), shape))?.builds ?? [];
}

/** Records one; it takes the place of another in its prefix. */
export async function recordBuilt(env: Environment, built: BuiltQemu): Promise<void> {
  const others = (await readBuilt(env)).filter(({ prefix }) => prefix !== built.prefix);
  await makeFolder(stateRoot(env), { mode: 0o700 });
  const builds = [...others, built];
  await writeFileAtomically(builtFile(env), `${JSON.stringify({ schema: 1, builds })}\n`);
}
