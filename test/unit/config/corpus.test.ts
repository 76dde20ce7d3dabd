import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load-config.ts';
import { configAsJson } from '../../../src/config/config-report.ts';

const folder = join(import.meta.dirname, '../../../fixtures/configs');
const names = readdirSync(folder).filter((name) => name.endsWith('.config'));

test.for(names)('%s is reported as recorded', async (name) => {
  const report = await loadConfig({
    cwd: folder,
    file: name,
    env: { HOME: '/home/student' },
    home: '/home/student',
  });
  const json = `${JSON.stringify(configAsJson(report), undefined, 2)}\n`.replaceAll(folder, '/lab');
  await expect(json).toMatchFileSnapshot(join(folder, name.replace(/config$/, 'json')));
});
