import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import Module from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';

// A third of a short command's time goes into compiling its own code, the same
// at every run. Node keeps compiled code itself since 22.8 (module.enableCompileCache);
// for older ones the same is done here, the way the package v8-compile-cache does it.

/** Node's own loader of one CommonJS file. Not part of its documented interface; the same since Node 0.x. */
const compileMethod = '_compile';
type Loader = Record<
  typeof compileMethod,
  (this: NodeModule, content: string, file: string) => unknown
>;

const anyModule = Module as unknown as {
  readonly prototype: Loader;
  readonly enableCompileCache?: (folder: string) => unknown;
  wrap(content: string): string;
};

/**
 * Keeps V8's compiled form of the program's files in `folder`, and takes it from
 * there at the next run. What is kept belongs to one build of utopia (`build`) and
 * to one Node; V8 refuses anything else by itself. A folder that cannot be written
 * costs nothing but the time saved.
 */
export function keepCompiledCode(folder: string, build: string): void {
  if (anyModule.enableCompileCache !== undefined) {
    anyModule.enableCompileCache(join(folder, 'node'));
    return;
  }
  const own = join(folder, `${build}-${process.version}-${process.arch}`);
  const fresh = new Map<string, Script>();
  anyModule.prototype[compileMethod] = function (content, file) {
    const kept = readKept(join(own, basename(file)));
    const script = new Script(anyModule.wrap(content), {
      filename: file,
      ...(kept === undefined ? {} : { cachedData: kept }),
    });
    if (kept === undefined || script.cachedDataRejected === true) fresh.set(basename(file), script);
    const run = script.runInThisContext() as (...args: readonly unknown[]) => unknown;
    const require = (path: string): unknown => this.require(path);
    return run.call(this.exports, this.exports, require, this, file, dirname(file));
  };
  // At the end, so that functions that ran are among what is kept.
  process.on('exit', () => {
    if (fresh.size > 0) writeKept(own, fresh);
  });
}

function readKept(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

function writeKept(folder: string, scripts: ReadonlyMap<string, Script>): void {
  const part = join(folder, `.${process.pid}`);
  try {
    if (madeFolder(folder)) forgetOld(folder);
    for (const [name, script] of scripts) {
      writeFileSync(part, script.createCachedData(), { mode: 0o600 });
      renameSync(part, join(folder, name));
    }
  } catch {
    try {
      rmSync(part, { force: true });
    } catch {
      // The disk is full, or the folder is somebody else's: there is no gain then.
    }
  }
}

/** Whether there was none. Node's `recursive` never ends in a folder that takes none, such as /proc/self. */
function madeFolder(folder: string): boolean {
  if (existsSync(folder)) return false;
  const parent = dirname(folder);
  if (parent !== folder) madeFolder(parent);
  mkdirSync(folder, { mode: 0o700 });
  return true;
}

/** Removes what builds and Nodes kept that have not been new for a month. */
function forgetOld(folder: string): void {
  const oldest = Date.now() - 30 * 24 * 3_600_000;
  for (const name of readdirSync(dirname(folder))) {
    const other = join(dirname(folder), name);
    if (statSync(other).mtimeMs < oldest) rmSync(other, { recursive: true, force: true });
  }
}
