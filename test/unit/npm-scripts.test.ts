import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// Vitest runs a project that any of several patterns lets through: two negations leave nothing out.
test('each script names the projects that it runs', () => {
  const file = join(import.meta.dirname, '../../package.json');
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  for (const script of Object.values(scripts)) expect(script).not.toMatch(/--project\s+['"]?!/);
  expect(scripts['test']).toBe('vitest run --project unit --project cli --project vm');
});
