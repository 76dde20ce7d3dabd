import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyNames } from '../../src/config/config-keys.ts';
import { diagnosisIds } from '../../src/diagnose/diagnosis.ts';
import { errorCodes, exitStatus } from '../../src/errors.ts';
import { checks } from '../../src/host/checks/table.ts';
import { machinePaths } from '../../src/machine/paths.ts';
import { makeLab } from '../support/lab.ts';

/**
 * What scripts and examinations rely on, as it was in commit 37d1747: more may have come, nothing
 * may have gone or changed its name.
 */
interface Contract {
  readonly exitStatus: Readonly<Record<string, number>>;
  readonly errorCodes: Readonly<Record<string, number>>;
  readonly checks: readonly string[];
  readonly diagnoses: readonly string[];
  readonly keys: readonly string[];
  /** Of a machine whose config is /lab/utopia.config. */
  readonly files: Readonly<Record<string, string>>;
  readonly qemuIds: readonly string[];
  /** The paths of keys in what a command prints with --json: `.checks[].id`. */
  readonly json: Readonly<Record<string, readonly string[]>>;
}

const root = join(import.meta.dirname, '../..');
const contract = JSON.parse(
  readFileSync(join(root, 'fixtures/contract-37d1747.json'), 'utf8'),
) as Contract;

test('exit statuses, error codes, ids of checks and diagnoses, and keys of the config are still there', () => {
  expect(exitStatus).toMatchObject(contract.exitStatus);
  expect(errorCodes).toMatchObject(contract.errorCodes);
  expect(checks.map(({ id }) => id)).toEqual(expect.arrayContaining([...contract.checks]));
  expect(diagnosisIds).toEqual(expect.arrayContaining([...contract.diagnoses]));
  expect(keyNames).toEqual(expect.arrayContaining([...contract.keys]));
});

test('the files of a machine have the names that they had', () => {
  const env = { HOME: '/h', XDG_STATE_HOME: '/state', XDG_RUNTIME_DIR: '/run' };
  const paths = machinePaths({ file: '/lab/utopia.config' }, env, 1000);
  expect(paths).toMatchObject(contract.files);
});

/** The paths of all keys in a value. */
function shapeOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => shapeOf(each, `${path}[]`));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, each]) => [
    `${path}.${key}`,
    ...shapeOf(each, `${path}.${key}`),
  ]);
}

test.each(Object.entries(contract.json))(
  'utopia %s --json has the keys that it had',
  async (words, keys) => {
    await using lab = await makeLab({ config: ['UTOPIA_ACCEL=tcg', 'NOPE=1'] });
    const images = join(lab.env['XDG_CACHE_HOME'] ?? '', 'utopia/images');
    mkdirSync(images, { recursive: true });
    writeFileSync(join(images, 'x.raw'), Buffer.alloc(1 << 20, 'x'));
    const host = words === 'doctor --root' ? [join(root, 'fixtures/hosts/ubuntu-intel-ok')] : [];
    const { stdout, stderr } = await lab.run(...words.split(' '), ...host, '--json');
    expect(stdout, stderr).not.toBe('');
    expect(shapeOf(JSON.parse(stdout))).toEqual(expect.arrayContaining([...keys]));
  },
);

test('QEMU’s devices and back ends have the ids that they had', async () => {
  await using lab = await makeLab({ config: ['UTOPIA_ACCEL=tcg'] });
  const { stdout } = await lab.run('up', '--dry-run', '--json');
  const { argv } = JSON.parse(stdout) as { argv: readonly string[] };
  const ids = argv.flatMap((word) => [...word.matchAll(/\bid=([\w.]+)/g)].map(([, id]) => id));
  expect(ids).toEqual(expect.arrayContaining([...contract.qemuIds]));
});
