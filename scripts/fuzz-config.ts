// Compares what utopia and a real bash read from random configuration files.
//   npm run fuzz:config -- [--files 100000] [--seed N] [--mutate]
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { compareWithBash, minimise } from '../test/support/config-differential.ts';
import { configFile, mutatedFile } from '../test/support/config-grammar.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    mutate: { type: 'boolean', default: false },
  },
});
const total = Number(values.files);
const seed = Number(values.seed);
const corpusFolder = join(import.meta.dirname, '../fixtures/configs');
const files = values.mutate
  ? mutatedFile(
      readdirSync(corpusFolder)
        .filter((name) => name.endsWith('.config'))
        .map((name) => readFileSync(join(corpusFolder, name))),
    )
  : configFile;

const batchSize = 500;
const started = performance.now();
let compared = 0;
let refused = 0;
let diverged = 0;
console.log(`seed ${seed}, ${total} ${values.mutate ? 'mutated' : 'generated'} files`);
for (let done = 0; done < total; done += batchSize) {
  const locale = (done / batchSize) % 2 === 0 ? 'C.UTF-8' : 'C';
  const batch = fc.sample(files, { numRuns: Math.min(batchSize, total - done), seed: seed + done });
  const result = compareWithBash(batch, locale);
  compared += result.compared;
  refused += result.refused;
  diverged += result.divergences.length;
  for (const divergence of result.divergences.slice(0, 3)) {
    const { file, difference } = minimise(divergence, locale);
    console.log(
      `DIVERGES (${locale}) ${JSON.stringify(Buffer.from(file).toString())}\n  ${difference}`,
    );
  }
  if (diverged > 20) break;
  if ((done / batchSize) % 20 === 19)
    console.log(`${compared + refused} files, ${diverged} diverge`);
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${compared + refused} files in ${seconds} s: ${compared} accepted and compared, ${refused} refused, ${diverged} diverge`,
);
process.exitCode = diverged === 0 ? 0 : 1;
