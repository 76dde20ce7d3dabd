// Bundles src/ into dist/: one file a command, loaded when that command runs, and
// one for what stands before all of them. Files opened one after the other are
// what a start-up waits for, so a command's own code is not cut into chunks;
// only what must exist once in a process (error classes), or is large and seldom
// wanted (execa, dotenv, ora), is a file of its own. CommonJS, because Node 20 starts it
// 15 ms sooner than its loader of ES modules.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundledPackages, noticeFile, writeNotice } from './third-party.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Where to: dist/, or the folder that is named. */
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The commands, as src/cli names them. */
const commands = readdirSync(join(root, 'src/cli'))
  .map((name) => readFileSync(join(root, 'src/cli', name), 'utf8'))
  .flatMap((text) => [...text.matchAll(/import\('\.\.\/(commands\/[^']+)'\)/g)])
  .map(([, path]) => `src/${path}`);
/** Loaded with `import()`, by their files: what seldom runs, or only once QEMU has started. */
const parts = [
  'src/program.ts',
  'src/cli/usage-error.ts',
  'src/cli/qemu-words.ts',
  'src/ui/error.ts',
  'src/ui/ask.ts',
  'src/ui/progress.ts',
  'src/ui/spinner.ts',
  'src/commands/up/bring-up.ts',
  'src/commands/up/ensure.ts',
  'src/lifecycle/saved/warm-start.ts',
  'src/lifecycle/saved/resume-saved.ts',
  'src/lifecycle/watch/secure-login.ts',
  'src/host/refusal.ts',
  'src/host/kvm-verdict.ts',
  'src/host/slowdown.ts',
  'src/host/explain/pages.ts',
  'src/commands/doctor/fix.ts',
  'src/commands/doctor/write-report.ts',
  ...commands,
];
/** Classes that are compared with instanceof across files; what is imported of them is one instance. */
const shared = ['src/errors.ts', 'src/environment.ts'];
const libraries = ['execa', 'dotenv'];

/** Makes imports that lead from one of the files to another stay imports. */
const keepApart = {
  name: 'keep-apart',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path, kind, resolveDir }) => {
      if (kind === 'entry-point') return undefined;
      if (libraries.includes(path)) return { path: `./${path}.js`, external: true };
      if (!path.startsWith('.')) return undefined;
      const file = resolve(resolveDir, path);
      const apart = kind === 'dynamic-import' ? [...parts, ...shared] : shared;
      if (!apart.some((each) => join(root, each) === file)) return undefined;
      return { path: `./${basename(file, '.ts')}.js`, external: true };
    });
    // commander starts other programs as subcommands, which none of ours is.
    onLoad({ filter: /commander\/lib\/command\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const eager = "const childProcess = require('node:child_process');";
      if (!text.includes(eager))
        throw new Error('commander loads child_process in another way now');
      return { contents: text.replace(eager, 'const childProcess = undefined;'), loader: 'js' };
    });
    // Both take some 20 ms to make (V8 reads a literal as soon as the file), and only text
    // beyond ASCII needs them.
    onLoad({ filter: /string-width\/index\.js$/ }, ({ path }) => {
      const made = [
        [
          'const segmenter = new Intl.Segmenter();',
          'let seg; const segmenter = { segment: (text) => (seg ??= new Intl.Segmenter()).segment(text) };',
        ],
        [
          'const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;',
          "let emoji; const rgiEmojiRegex = { test: (text) => (emoji ??= new RegExp('^\\\\p{RGI_Emoji}$', 'v')).test(text) };",
        ],
      ];
      let contents = readFileSync(path, 'utf8');
      for (const [eager, lazy] of made) {
        if (!contents.includes(eager)) throw new Error(`string-width has no longer: ${eager}`);
        contents = contents.replace(eager, () => lazy);
      }
      return { contents, loader: 'js' };
    });
  },
};

const files = [...parts, ...shared, ...libraries];
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n');
/** @type {import('esbuild').BuildOptions} */
const options = {
  absWorkingDir: root,
  outdir: dist,
  bundle: true,
  format: 'cjs',
  supported: { 'dynamic-import': false },
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  define: { UTOPIA_VERSION: JSON.stringify(version) },
  plugins: [keepApart],
  logLevel: 'warning',
  metafile: true,
};
const { metafile: ofParts } = await build({
  ...options,
  entryPoints: files.map((each) => ({ in: each, out: basename(each, '.ts') })),
});
// Compiled code that is kept between runs must be that of these very files.
const hash = createHash('sha256');
for (const name of readdirSync(dist).toSorted()) {
  hash.update(name).update(readFileSync(join(dist, name)));
}
const { metafile: ofMain } = await build({
  ...options,
  entryPoints: ['src/main.ts'],
  define: { ...options.define, UTOPIA_BUILD: JSON.stringify(hash.digest('hex').slice(0, 12)) },
});
writeFileSync(join(dist, noticeFile), writeNotice(root, bundledPackages([ofParts, ofMain])));
