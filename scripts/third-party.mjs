// The notice of the libraries in dist/: their licences want their text to go with every copy.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file of it in dist/. */
export const noticeFile = 'THIRD-PARTY-NOTICES.txt';

const licenceName = /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/i;
const rule = '-'.repeat(80);

/**
 * The folders, from the root of the checkout, of the packages whose code is in these builds:
 * `node_modules/a`, `node_modules/a/node_modules/@b/c`. Sorted.
 * @param {readonly import('esbuild').Metafile[]} metafiles
 */
export function bundledPackages(metafiles) {
  const files = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([path]) => path),
    ),
  );
  const folders = files.map((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].toSorted();
}

/**
 * Name, version, licence and its whole text of each package. Throws where one has no licence text:
 * such a library cannot be bundled.
 * @param {string} root
 * @param {readonly string[]} packages as of `bundledPackages`
 */
export function writeNotice(root, packages) {
  const parts = packages.map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, 'package.json'), 'utf8'),
    );
    const texts = readdirSync(join(root, folder))
      .filter((file) => licenceName.test(file))
      .toSorted()
      .map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
    if (typeof license !== 'string' || texts.length === 0) {
      throw new Error(`${folder} has no licence in its package.json, or no file with its text.`);
    }
    return `${rule}\n${name} ${version}\nLicence: ${license}\n\n${texts.join('\n\n')}\n`;
  });
  return `utopia contains code of the following packages.\n\n${parts.join('\n')}`;
}
