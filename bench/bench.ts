// `npm run bench [-- --boots N] [--starts N]`: every figure of docs/benchmarks.md,
// measured side by side in one run. Prints Markdown.
import { parseArgs } from 'node:util';
import { benchAccess } from './access.ts';
import { benchBoots } from './boots.ts';
import { describeHost } from './host.ts';
import { openLab } from './lab.ts';
import { benchMemory } from './memory.ts';
import { benchScanner } from './scanner.ts';
import { benchLaunch, benchStartUp } from './starts.ts';
import { benchTime } from './time.ts';

const { values } = parseArgs({
  options: { boots: { type: 'string', default: '5' }, starts: { type: 'string', default: '21' } },
});

const lab = await openLab();
try {
  console.log(describeHost());
  await benchStartUp(lab, Number(values.starts));
  await benchLaunch(lab, Number(values.starts));
  await benchMemory(lab);
  await benchAccess(lab, Number(values.boots));
  await benchTime(lab, Number(values.boots));
  await benchScanner(Number(values.boots));
  await benchBoots(lab, Number(values.boots));
} finally {
  lab.close();
}
