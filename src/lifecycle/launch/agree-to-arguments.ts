import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import type { Config } from '../../config/machine-config.ts';
import type { LifecycleContext } from '../lifecycle-context.ts';
import type { Environment } from '../../environment.ts';
import { UtopiaError } from '../../errors.ts';
import { isOwnFolder } from '../../host/program-trust.ts';
import { riskyArguments } from '../../machine/risky-arguments.ts';
import { stateRoot } from '../../system/places.ts';
import { quoteForShell } from '../../text/shell-words.ts';
import { readKnown } from '../../system/json-file.ts';
import { aText, listOf, object, oneOf } from '../../text/shape.ts';

/**
 * Asks before arguments of UTOPIA_EXTRA_ARGS in utopia.config or .env are given to QEMU that can
 * have it run a program or write a file: whoever wrote the file would do so as its user. What is agreed to is
 * these very arguments in this folder. `assumeYes` (--yes) agrees. Throws `consent-needed`.
 */
export async function agreeToArguments(
  { env, asker, signal }: LifecycleContext,
  { folder, extraArgs, carried }: Pick<Config, 'folder' | 'extraArgs' | 'carried'>,
  assumeYes: boolean,
): Promise<void> {
  const file = carried?.argumentsFile;
  if (file === undefined) return;
  const risky = riskyArguments(extraArgs);
  if (risky.length === 0 || (await isOwnFolder(folder, env))) return;
  const mark = createHash('sha256')
    .update(JSON.stringify([folder, extraArgs]))
    .digest('hex');
  const agreed = await readAgreed(env);
  if (agreed.includes(mark)) return;
  const question = `UTOPIA_EXTRA_ARGS of this folder's ${file} has ${risky.join(' and ')}, with which QEMU can run programs and write files as you. Allow it from now on?`;
  if (!assumeYes && !asker.present) throw refuse(file, risky);
  if (!(await asker.confirm(question, { assumeYes, signal }))) throw refuse(file, risky);
  const record = agreedFile(env);
  await mkdir(dirname(record), { recursive: true, mode: 0o700 });
  await writeFileAtomically(
    record,
    `${JSON.stringify({ schema: 1, arguments: [...agreed, mark] })}\n`,
  );
}

function agreedFile(env: Environment): string {
  return join(stateRoot(env), 'agreed-arguments.json');
}

const agreedShape = object({ schema: oneOf(1), arguments: listOf(aText) });

async function readAgreed(env: Environment): Promise<readonly string[]> {
  // What cannot be read is asked again.
  return (await readKnown(agreedFile(env), agreedShape))?.arguments ?? [];
}

function refuse(file: string, risky: readonly string[]): UtopiaError {
  return new UtopiaError(
    'consent-needed',
    `UTOPIA_EXTRA_ARGS of ${file} can have QEMU run programs and write files, and nobody agreed to it.`,
    {
      details: risky.slice(0, 10).map((each) => quoteForShell(each)),
      hint: 'If you trust who wrote it: utopia devices --yes      (asked for once)',
    },
  );
}
