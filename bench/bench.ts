// `npm run bench [-- --boots N] [--starts N] [--only PART,PART] [--beside DIR]`: every figure of
// docs/benchmarks.md, measured side by side in one run. Prints Markdown. With --beside, start-up
// and launch are measured in turn with those of another checkout, in which `npm ci` has built.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchAccess } from './access.ts';
import { benchBoots } from './boots.ts';
import { describeHost } from './host.ts';
import { benchKernels, benchRebuild } from './kernels.ts';
import { openLab, type BenchLab } from './lab.ts';
import { benchMemory } from './memory.ts';
import { benchModules } from './modules.ts';
import { benchResets } from './resets.ts';
import { benchManyRuns, benchRuns } from './runs.ts';
import { benchScanner } from './scanner.ts';
import { benchSnapshots } from './snapshots.ts';
import { benchLaunch, benchStartUp } from './starts.ts';
import { benchSuspend } from './suspend.ts';
import { benchSuites } from './suites.ts';
import { benchWarmUp } from './warm-up.ts';

const { values } = parseArgs({
  options: {
    boots: { type: 'string', default: '5' },
    starts: { type: 'string', default: '21' },
    only: { type: 'string' },
    beside: { type: 'string' },
  },
});
const boots = Number(values.boots);
const starts = Number(values.starts);

const parts: Readonly<Record<string, (lab: BenchLab) => Promise<void>>> = {
  startup: (lab) => benchStartUp(lab, starts, other),
  launch: (lab) => benchLaunch(lab, starts, other),
  memory: benchMemory,
  access: (lab) => benchAccess(lab, boots),
  runs: (lab) => benchRuns(lab, boots),
  jobs: (lab) => benchManyRuns(lab, boots),
  warmup: (lab) => benchWarmUp(lab, boots),
  suspend: (lab) => benchSuspend(lab, boots),
  snapshots: (lab) => benchSnapshots(lab, boots),
  resets: (lab) => benchResets(lab, boots),
  scanner: () => benchScanner(boots),
  boots: (lab) => benchBoots(lab, boots),
  suites: (lab) => benchSuites(lab, boots),
  kernels: (lab) => benchKernels(lab, boots),
  rebuild: (lab) => benchRebuild(lab, boots),
  module: (lab) => benchModules(lab, boots),
};

const wanted = values.only?.split(',') ?? Object.keys(parts);
const unknown = wanted.filter((name) => parts[name] === undefined);
if (unknown.length > 0) {
  throw new Error(`no part ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`);
}
let lab: BenchLab | undefined;
let other: BenchLab | undefined;
function tidyUp(): void {
  for (const each of [lab, other]) {
    each?.pullPlug();
    each?.close();
  }
  lab = undefined;
  other = undefined;
}
// Ctrl-C leaves no machine and no folder, either.
process.once('exit', tidyUp);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(1));
}

console.log(describeHost());
for (const name of wanted) {
  // A folder of its own for each: none finds a warm base or a key that another has made.
  lab = await openLab();
  if (values.beside !== undefined) other = await openLab(resolve(values.beside, 'bin/utopia.js'));
  await parts[name]?.(lab);
  tidyUp();
}
