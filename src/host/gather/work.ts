import type { Evidence } from '../check.ts';
import type { AccountFacts, MachineFacts } from '../facts/machine-facts.ts';
import type { WorkFacts, WorkFinding } from '../facts/work.ts';
import type { HostSource } from '../source/host-source.ts';
import type { Need, Sign } from '../needs.ts';
import type { WorkNeeds } from '../works.ts';
import type { Ask } from './asking.ts';

/** Where programs are that a user's PATH may lack. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Looks for everything that these checks are about; signs that several share are looked for once. */
export async function gatherWork(
  source: HostSource,
  { machine, account }: { readonly machine: MachineFacts; readonly account: AccountFacts },
  wanted: readonly WorkNeeds[],
  ask: Ask,
): Promise<WorkFacts> {
  const seen = new Map<string, Promise<string | undefined>>();
  const lookFor = async (sign: Sign): Promise<string | undefined> => {
    const key = describeSign(sign);
    const known = seen.get(key) ?? ask(key, async () => await findSign(source, machine, sign));
    seen.set(key, known);
    return await known;
  };
  const findings = new Map<string, WorkFinding>();
  for (const { id, needs: all } of wanted) {
    const needs = all.filter(({ rootless }) => rootless !== true || account.uid !== 0);
    const places = await Promise.all(needs.map(async ({ sign }) => await lookFor(sign)));
    const missing: Need[] = needs.filter((_, index) => places[index] === undefined);
    const found = needs.map(({ sign }, index): Evidence => {
      return { path: describeSign(sign), value: places[index] ?? 'not found' };
    });
    findings.set(id, { missing, found });
  }
  const headers = wanted.some(({ id }) => id === 'module.headers')
    ? await findHeaders(source, ask)
    : [];
  return { findings, headers };
}

function describeSign(sign: Sign): string {
  if (sign.kind === 'program') return sign.name;
  if (sign.kind === 'file') return sign.path;
  if (sign.kind === 'header') return `#include <${sign.name}>`;
  if (sign.kind === 'library') return `pkg-config ${sign.name}`;
  return `python3 -c 'import ${sign.name}'`;
}

/** Where it is; undefined where it is not. */
async function findSign(
  source: HostSource,
  machine: MachineFacts,
  sign: Sign,
): Promise<string | undefined> {
  if (sign.kind === 'program') {
    const path = (machine.env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
    return await firstOf(
      [...path, ...systemFolders].map((folder) => `${folder}/${sign.name}`),
      async (place) => await source.isRunnable(place),
    );
  }
  const answer = sign.kind === 'file' ? undefined : await source.askTools(sign);
  if (answer !== undefined) return answer ? 'found' : undefined;
  const isThere = async (place: string): Promise<boolean> =>
    (await source.stat(place)) !== undefined;
  return await firstOf(await placesOf(source, machine, sign), isThere);
}

/** Where the file is usually, for a host without the program that would know. */
async function placesOf(
  source: HostSource,
  { arch = 'x86_64' }: MachineFacts,
  sign: Exclude<Sign, { readonly kind: 'program' }>,
): Promise<string[]> {
  if (sign.kind === 'file') return [sign.path];
  if (sign.kind === 'header') {
    return ['/usr/include', `/usr/include/${arch}-linux-gnu`, '/usr/local/include'].map(
      (folder) => `${folder}/${sign.name}`,
    );
  }
  if (sign.kind === 'library') {
    const folders = [`/usr/lib/${arch}-linux-gnu`, '/usr/lib64', '/usr/lib', '/usr/share'];
    return [...folders, '/usr/local/lib'].map((folder) => `${folder}/pkgconfig/${sign.name}.pc`);
  }
  const places = await Promise.all(
    ['/usr/lib', '/usr/lib64'].map(async (folder) =>
      (await source.list(folder))
        .filter((name) => /^python3\.\d+$/.test(name))
        .map((name) => `${folder}/${name}/${sign.name}/__init__.py`),
    ),
  );
  return places.flat();
}

async function firstOf(
  places: readonly string[],
  isRight: (place: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const place of places) if (await isRight(place)) return place;
  return undefined;
}

async function findHeaders(source: HostSource, ask: Ask): Promise<string[]> {
  const versions = (await ask('/lib/modules', async () => await source.list('/lib/modules'))) ?? [];
  const found = await Promise.all(
    versions.map(async (version) => {
      const makefile = `/lib/modules/${version}/build/Makefile`;
      return (await ask(makefile, async () => await source.stat(makefile))) !== undefined;
    }),
  );
  return versions.filter((_, index) => found[index]);
}
