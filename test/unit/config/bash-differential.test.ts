import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compareWithBash,
  minimise,
  type DifferentialResult,
} from '../../support/config-differential.ts';
import { configFile, mutatedFile } from '../../support/config-grammar.ts';

// The invariant of utopia.config: every value is bash's, or the file is refused.
// npm run fuzz:config does the same with 100,000 files.

const corpusFolder = join(import.meta.dirname, '../../../fixtures/configs');
const corpus = readdirSync(corpusFolder)
  .filter((name) => name.endsWith('.config'))
  .map((name) => readFileSync(join(corpusFolder, name)));

function describe(result: DifferentialResult, locale: 'C' | 'C.UTF-8'): string[] {
  return result.divergences
    .slice(0, 3)
    .map((divergence) => minimise(divergence, locale))
    .map(
      ({ file, difference }) => `${JSON.stringify(Buffer.from(file).toString())}: ${difference}`,
    );
}

test.for([
  ['C.UTF-8', 1250],
  ['C', 1250],
] as const)(
  'random files read as bash in locale %s reads them',
  ([locale, numRuns], { annotate }) => {
    const seed = Number(process.env['UTOPIA_FUZZ_SEED'] ?? Date.now() % 1_000_000);
    void annotate(`seed ${seed}`);
    const result = compareWithBash(fc.sample(configFile, { numRuns, seed }), locale);
    expect(describe(result, locale), `seed ${seed}`).toEqual([]);
    expect(result.compared + result.refused).toBe(numRuns);
    // Refusing everything would satisfy the invariant and help nobody.
    expect(result.compared, `seed ${seed}`).toBeGreaterThan(numRuns / 2);
  },
);

test('known files with random edits read as bash reads them', () => {
  const seed = Number(process.env['UTOPIA_FUZZ_SEED'] ?? Date.now() % 1_000_000);
  const files = fc.sample(mutatedFile(corpus), { numRuns: 400, seed });
  const result = compareWithBash([...corpus, ...files], 'C.UTF-8');
  expect(describe(result, 'C.UTF-8'), `seed ${seed}`).toEqual([]);
  expect(result.compared, `seed ${seed}`).toBeGreaterThan(50);
});
