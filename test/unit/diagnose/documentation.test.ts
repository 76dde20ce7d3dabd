import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diagnosisIds } from '../../../src/diagnose/diagnosis.ts';

test('docs/machine.md explains every diagnosis', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/machine.md'), 'utf8');
  expect(diagnosisIds.filter((id) => !text.includes(`\`${id}\``))).toEqual([]);
});
