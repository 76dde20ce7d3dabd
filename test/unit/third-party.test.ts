import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { bundledPackages, noticeFile, writeNotice } from '../../scripts/third-party.mjs';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = join(import.meta.dirname, '../..');

/** Runs the real build into a folder of its own: what other tests start is left alone. */
function buildInto(folder: string): string {
  const dist = join(folder, 'dist');
  execFileSync(process.execPath, ['scripts/build.mjs', dist], { cwd: root, stdio: 'pipe' });
  return dist;
}

/** The name, version and licence of a package of node_modules, and its licence's text. */
function facts(folder: string): { readonly title: string; readonly texts: readonly string[] } {
  const { name, version, license } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  ) as Record<string, string>;
  const files = readdirSync(join(root, folder)).filter((file) => /^licen[cs]e/i.test(file));
  return {
    title: `\n${name} ${version}\nLicence: ${license}\n`,
    texts: files.map((file) => readFileSync(join(root, folder, file), 'utf8').trim()),
  };
}

/** Packages that src/ imports, as its text says and not the build. */
function importedPackages(): string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(join(root, 'src', file), 'utf8').matchAll(
        /^(?:import|export) (?!type )[^;]*? from '((?:@[^/']+\/)?[a-z][\w-]*)[^':]*';|import\('([a-z][\w-]*)'\)/gm,
      ),
    ])
    .map(([, named, lazy]) => `node_modules/${named ?? lazy}`);
}

/** A build with one output that has code of these files. */
function output(...paths: readonly string[]): Metafile {
  const inputs = Object.fromEntries(paths.map((path) => [path, { bytesInOutput: 1 }]));
  return { inputs: {}, outputs: { 'x.js': { bytes: 1, imports: [], exports: [], inputs } } };
}

describe('the notice of bundled libraries', () => {
  test('has each package that src/ imports, with its licence, and goes into the tarball', () => {
    using folder = temporaryFolder();
    const notice = readFileSync(join(buildInto(folder.path), noticeFile), 'utf8');
    const imported = [...new Set(importedPackages())].toSorted();
    expect(imported).toContain('node_modules/commander');
    expect(imported).toContain('node_modules/execa');
    for (const each of imported) {
      const { title, texts } = facts(each);
      expect(notice).toContain(title);
      expect(texts.length, `${each} has a file with its licence`).toBeGreaterThan(0);
      for (const text of texts) expect(notice).toContain(text);
    }
    // What a bundled package asks for in turn is bundled, too.
    expect(notice).toContain(facts('node_modules/cross-spawn').title);

    for (const each of ['package.json', 'bin', 'LICENSE']) {
      cpSync(join(root, each), join(folder.path, each), { recursive: true });
    }
    const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: folder.path,
      encoding: 'utf8',
    });
    const [{ files }] = JSON.parse(packed) as [{ files: readonly { readonly path: string }[] }];
    expect(files.map(({ path }) => path)).toContain(`dist/${noticeFile}`);
  });

  test('has every package of a build, also one within another, once and in order', () => {
    const nested = 'node_modules/npm-run-path/node_modules/path-key';
    const packages = bundledPackages([
      output('node_modules/zod/v4/core/core.js', 'src/main.ts', `${nested}/index.js`),
      output('node_modules/@sec-ant/readable-stream/dist/x.js', 'node_modules/zod/index.js'),
    ]);
    expect(packages).toEqual(['node_modules/@sec-ant/readable-stream', nested, 'node_modules/zod']);
    const notice = writeNotice(root, packages);
    for (const each of packages) {
      const { title, texts } = facts(each);
      expect(notice.split(title).length).toBe(2);
      for (const text of texts) expect(notice).toContain(text);
    }
    expect(writeNotice(root, packages)).toBe(notice);
  });

  test('is refused for a package without a licence', () => {
    using folder = temporaryFolder();
    cpSync(join(root, 'package.json'), join(folder.path, 'node_modules/x/package.json'));
    expect(() => writeNotice(folder.path, ['node_modules/x'])).toThrow(/node_modules\/x has no/);
  });
});
