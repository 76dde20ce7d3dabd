import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { UtopiaError } from '../../errors.ts';
import { runInGuest } from '../../guest/ssh.ts';
import { quoteWord } from '../../guest/ssh-argv.ts';
import { moduleName } from '../../module/load-script.ts';
import { readTrialReport } from '../../module/test-report.ts';
import { trialScript } from '../../module/test-script.ts';
import { keepOutput } from '../../system/bounded-output.ts';
import { isReachable } from '../../system/look.ts';
import { openDeadline } from '../../system/deadline.ts';
import type { LifecycleContext, LifecycleOptions } from '../lifecycle-context.ts';
import { findCrashes } from '../throwaway/copy-crashes.ts';
import type { ReachableGuest } from '../watch/find-guest.ts';
import { buildModule } from './build-module.ts';
import { unloadModules } from './load-module.ts';
import { reportTrial, withoutTest, type ModuleTest, type TrialRun } from './report-trial.ts';
import {
  lookAfter,
  mostOutputBytes,
  nothingRan,
  ownTest,
  removeSeconds,
  scriptHints,
  type ModuleTestRequest,
} from './test-module.ts';
import { fileWithin } from './file-within.ts';

/** What is to be tried, and for how long. */
type MachineTest = Pick<ModuleTestRequest, 'folder' | 'words' | 'timeoutMs' | 'jobs' | 'yes'>;

const isPaused = 'The guest is paused at its crash.';
/** The verdict alone does not tell that the machine stands still. */
const pauseHint =
  'The machine is paused at its crash: utopia gdb, utopia drgn and utopia dump look at it; utopia up has it go on.';

/** A login under emulation, and a program. */
const tidyMs = 30_000;

/**
 * The same in the running machine: a module that is loaded there is removed first, and the one that
 * was built is inserted, tested and removed again. Of the folder the guest gets the modules and
 * test.sh, in a folder of its own. Throws what building throws, `guest-refused` for one that is in
 * use, and `interrupted`.
 */
export async function testInMachine(
  context: LifecycleContext,
  globals: LifecycleOptions,
  { machine, access }: ReachableGuest,
  request: MachineTest,
): Promise<ModuleTest> {
  const { folder, timeoutMs, jobs, yes } = request;
  const build = await buildModule(context, globals, machine, {
    ...{ folder, use: 'machine', jobs, yes, check: false },
  });
  if (build.failure !== undefined) {
    return { report: withoutTest('did-not-build', build, []), build, ...nothingRan };
  }
  const { objects } = build.report;
  await unloadModules(access, objects.map(moduleName).toReversed());
  const own = request.words.length === 0 ? await ownTest(folder) : [];
  const words = own.length > 0 ? own : request.words;
  const mark = `utopia${randomBytes(8).toString('hex')}`;
  const place = `/run/${mark}`;
  try {
    for (const name of [...objects, ...(own.length > 0 ? ['test.sh'] : [])]) {
      const to = quoteWord(`${place}/${name}`);
      const script = `umask 077; mkdir -p ${quoteWord(dirname(`${place}/${name}`))} && cat >${to} && chmod u+x ${to}`;
      const { status, stderr } = await runInGuest(access, script, {
        inputFile: await fileWithin(folder, name),
      });
      if (status !== 0) throw cannotTake(name, stderr);
    }
    const script = trialScript({
      ...{ mark, objects, words, removeSeconds, lookSeconds: lookAfter(timeoutMs) },
      ...{ coverage: false, work: `${place}/.trial` },
    });
    const command = `cd ${place} && exec sh -c ${quoteWord(script)}`;
    const run = await runTrial(context, { machine, access }, command, timeoutMs);
    const told = readTrialReport(run.stderr, mark);
    const { crashes, truncated } = run;
    const judged = reportTrial(run, build, told, timeoutMs);
    const hints = [...judged.hints, ...(await scriptHints(context, words, judged, folder))];
    if (run.message === isPaused) hints.push(pauseHint);
    return { report: { ...judged, hints }, build, crashes, truncated };
  } finally {
    // A guest that is paused at its crash answers nobody; what lies in its /run goes with its next boot.
    if (!(await isReachable(machine.paths.crashPauseFile))) await tidy(access, place);
  }
}

async function tidy(access: ReachableGuest['access'], place: string): Promise<void> {
  const patient = { ...access, signal: new AbortController().signal };
  await runInGuest(patient, tidyScript(place), { timeoutMs: tidyMs }).catch(() => {
    // The guest is gone, or does not answer: that has been told.
  });
}

/** A test that is left behind holds its module: without it the trial's script removes that, and ends. */
function tidyScript(place: string): string {
  return [
    `cd ${place} || exit 0; : >.trial.stop`,
    'if [ -e .trial.script ] && read -r script <.trial.script; then',
    '  read -r begun rest </proc/uptime; now=$begun',
    `  while kill -0 $script 2>/dev/null && [ $((\${now%%.*} - \${begun%%.*})) -le ${removeSeconds} ]; do`,
    '    [ -s .trial.test ] && read -r test <.trial.test && kill -KILL -$test 2>/dev/null',
    '    sleep 0.2; read -r now rest </proc/uptime',
    '  done',
    'fi',
    `rm -rf ${place}`,
  ].join('\n');
}

async function runTrial(
  { signal }: LifecycleContext,
  { machine, access }: Pick<ReachableGuest, 'machine' | 'access'>,
  command: string,
  timeoutMs: number,
): Promise<TrialRun> {
  const { consoleLog } = machine.paths;
  const before = (await findCrashes(consoleLog, false)).length;
  const [stdout, stderr] = [keepOutput(mostOutputBytes), keepOutput(mostOutputBytes)];
  const deadline = openDeadline(timeoutMs, signal);
  const begunAt = performance.now();
  const pause = watchForPause(machine.paths.crashPauseFile, () => deadline.abort());
  let end: TrialRun['end'] = 'exited';
  let message: string | null = null;
  try {
    const take = { stdout: stdout.take, stderr: stderr.take };
    await runInGuest({ ...access, signal: deadline.signal }, command, { take });
  } catch (error) {
    if (signal.aborted) throw new UtopiaError('interrupted', 'Interrupted.');
    if (pause.seen()) [end, message] = ['ended', isPaused];
    else if (deadline.passed()) end = 'timed-out';
    else if (!(error instanceof UtopiaError)) throw error;
    else [end, message] = ['ended', error.message];
  } finally {
    pause.stop();
    deadline.stop();
  }
  const crashes = (await findCrashes(consoleLog, false)).slice(before);
  const [out, err] = [stdout.kept(), stderr.kept()];
  return {
    ...{ stdout: out.text, stderr: err.text, truncated: out.truncated || err.truncated },
    ...{ end, message, crashes },
    ...{ panicked: false, consoleLog: null, testMs: Math.round(performance.now() - begunAt) },
  };
}

const lookMs = 500;

/** Looks for the mark of a guest that is paused at its crash: nothing comes from it any more. */
function watchForPause(
  file: string,
  then: () => void,
): { readonly seen: () => boolean; readonly stop: () => void } {
  let seen = false;
  const look = async (): Promise<void> => {
    if (!(await isReachable(file)) || seen) return;
    seen = true;
    then();
  };
  const timer = setInterval(() => void look(), lookMs);
  return { seen: () => seen, stop: () => clearInterval(timer) };
}

function cannotTake(name: string, said: string): UtopiaError {
  return new UtopiaError('guest-refused', `The guest does not take ${name}.`, {
    details: said.trim() === '' ? [] : [`| ${said.trim().slice(0, 300)}`],
    hint: 'It goes to /run, which is memory: utopia ssh -- df -h /run',
  });
}
