import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { clangdText } from '../../module/clangd.ts';
import { readCompileCommand, type CompileCommand } from '../../module/compile-commands.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { readRegularText } from '../../system/regular-file.ts';
import { namedFileMode } from '../../system/umask.ts';

/** A module with more folders or objects has no editor files of ours. */
const mostCommands = 500;

/**
 * Writes compile_commands.json into a module's folder, from what kbuild wrote down, and `.clangd`
 * where there is none. `directory` is where make ran the compiler. What cannot be written is left.
 */
export async function writeEditorFiles(
  folder: string,
  objects: readonly string[],
  directory: string,
): Promise<void> {
  const commands: CompileCommand[] = [];
  for (const place of new Set(['.', ...objects.map((object) => dirname(object))])) {
    const at = join(folder, place);
    for (const name of await readdir(at).catch(() => [])) {
      if (!/^\..+\.o\.cmd$/.test(name) || name.endsWith('.mod.o.cmd')) continue;
      const text = await readRegularText(join(at, name)).catch(() => '');
      const command = readCompileCommand(text, directory);
      if (command !== undefined && commands.length < mostCommands) commands.push(command);
    }
  }
  if (commands.length === 0) return;
  const mode = namedFileMode();
  const sorted = commands.toSorted((one, other) => (one.file < other.file ? -1 : 1));
  const text = `${JSON.stringify(sorted, undefined, 2)}\n`;
  const place = join(folder, 'compile_commands.json');
  // An editor reads all sources anew when it changes.
  if ((await readRegularText(place).catch(() => '')) === text) return;
  await writeFileAtomically(place, text, { mode }).catch(() => {});
  await writeFile(join(folder, '.clangd'), clangdText, { flag: 'wx', mode }).catch(() => {});
}
