// `npm run bench [-- --boots N] [--starts N] [--only PART,PART]`: every figure of
// docs/benchmarks.md, measured side by side in one run. Prints Markdown.
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
  },
});
const boots = Number(values.boots);
const starts = Number(values.starts);

const parts: Readonly<Record<string, (lab: BenchLab) => Promise<void>>> = {
  startup: (lab) => benchStartUp(lab, starts),
  launch: (lab) => benchLaunch(lab, starts),
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
function tidyUp(): void {
  lab?.pullPlug();
  lab?.close();
  lab = undefined;
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
  await parts[name]?.(lab);
  tidyUp();
}
