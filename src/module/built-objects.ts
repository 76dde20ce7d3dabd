import { isAbsolute, join, normalize, relative } from 'node:path';

/**
 * The modules that kbuild lists in `modules.order` of the folder it built, relative to it: up to
 * 5.x behind `kernel/`, from 6.4 on as `.o`. Lines that lead out of the folder are left out. Pure.
 */
export function readModulesOrder(text: string, folder: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/^kernel\/(?=\/)/, ''))
    .filter((line) => /\.k?o$/.test(line))
    .map((line) => line.replace(/\.k?o$/, '.ko'))
    .map((line) => (isAbsolute(line) ? relative(folder, line) : normalize(line)))
    .filter((line) => line !== '' && !isAbsolute(line) && !line.startsWith('../'))
    .map((line) => join('.', line));
}
