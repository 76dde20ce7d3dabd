/** What a guest told of a trial (test-script.ts), as far as it came. */
export interface TrialReport {
  /** The last thing that was begun; undefined where nothing was. */
  readonly phase: 'insert' | 'test' | 'remove' | 'kmemleak' | undefined;
  /** All was told. */
  readonly ended: boolean;
  /** The module that insmod refused, and what it said. */
  readonly refusedInsertion: { readonly module: string; readonly said: string } | undefined;
  /** The test's status; undefined where none ended. */
  readonly status: number | undefined;
  /** Processes of the test were still there when it had ended. */
  readonly leftRunning: boolean;
  /** rmmod did not end. */
  readonly hangs: string | undefined;
  /** Processes that are in a function of the modules when time is short, and where. */
  readonly tasks: readonly TrialTask[];
  /** rmmod refused, the module's count of references, where the kernel counts them, and what it said. */
  readonly refusedRemoval:
    | { readonly module: string; readonly references: number | undefined; readonly said: string }
    | undefined;
  /** What was registered and is still there: `device lunix`. */
  readonly left: readonly string[];
  /** Modules that were not there before and stayed: what is registered may be theirs. */
  readonly meanwhile: readonly string[];
  /** kmemleak looked; and what it found, its lines. */
  readonly kmemleak: boolean;
  readonly leaks: readonly string[];
  /** By how much the kernel's own memory grew, in KiB; undefined where it was not measured. */
  readonly grownKiB: number | undefined;
  /** How often lines ran, by the object that was built of them, as base64. */
  readonly counts: readonly (readonly [object: string, base64: string])[];
  /** The kernel cannot count them. */
  readonly lacksGcov: boolean;
  /** The kernel's log from the insertion on. */
  readonly log: string;
}

export interface TrialTask {
  readonly does: 'waits' | 'runs';
  readonly pid: number;
  readonly name: string;
  /** `lunix_read+0x5a/0x90 [lunix]`. */
  readonly place: string;
}

/** Of each list. */
const most = 400;

/** Reads what a guest has sent on stderr: lines of the report, and between them its log. Pure; linear. */
export function readTrialReport(text: string, mark: string): TrialReport {
  const start = `${mark} `;
  const streamed: string[] = [];
  const whole: string[] = [];
  const left: string[] = [];
  const leaks: string[] = [];
  const meanwhile: string[] = [];
  const tasks: TrialTask[] = [];
  const counts: (readonly [string, string])[] = [];
  const facts = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (!line.startsWith(start)) {
      (facts.has('log') ? whole : streamed).push(line);
      continue;
    }
    const [, key = '', value = ''] = /^(\S+) ?(.*)$/.exec(line.slice(start.length)) ?? [];
    if (key === 'left' && left.length < most) left.push(nameLeft(value));
    else if (key === 'meanwhile' && meanwhile.length < most) meanwhile.push(value);
    else if (key === 'waits' && tasks.length < most) tasks.push(...readWait(value));
    else if (key === 'gcda' && counts.length < most) counts.push(splitAtBlank(value));
    else if (key === 'leak' && leaks.length < most) leaks.push(value);
    else facts.set(key, value);
  }
  const [refusedIn = '', ...saidIn] = (facts.get('refused-insertion') ?? '').split(' ');
  const [refusedOut = '', count = '', ...saidOut] = (facts.get('refused-removal') ?? '').split(' ');
  // The whole log has what was before, too; a mark that has fallen out of it begins nowhere.
  const began = whole.findIndex((line) => line.includes(`utopia: ${mark}`));
  // The other one is read from its start, and may not have come to the mark.
  const marked = streamed.findIndex((line) => line.includes(`utopia: ${mark}`));
  const followed = marked < 0 ? [] : streamed.slice(marked + 1);
  const told = facts.has('end') ? whole.slice(began + 1) : followed;
  // What the kernel was asked for is none of its own words.
  const at = facts.has('looks') ? told.findLastIndex((line) => line.includes(backtraces)) : -1;
  const [lines, asked] = at < 0 ? [told, []] : [told.slice(0, at), told.slice(at)];
  return {
    phase: phaseOf(facts.get('phase')),
    ended: facts.has('end'),
    refusedInsertion: refusedIn === '' ? undefined : { module: refusedIn, said: saidIn.join(' ') },
    status: numberOf(facts.get('status')),
    leftRunning: facts.has('left-running'),
    hangs: facts.get('hangs'),
    tasks: [...tasks, ...readRunning(asked, facts.get('looks'))],
    refusedRemoval:
      refusedOut === ''
        ? undefined
        : { module: refusedOut, references: numberOf(count), said: saidOut.join(' ') },
    left,
    meanwhile,
    kmemleak: facts.has('kmemleak'),
    leaks,
    counts,
    lacksGcov: facts.has('no-gcov'),
    grownKiB: numberOf(facts.get('memory')),
    log: lines.filter((line) => line !== '' && !line.includes(`utopia: ${mark}`)).join('\n'),
  };
}

function splitAtBlank(text: string): readonly [string, string] {
  const at = text.indexOf(' ');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** `/proc/devices:240 lunix` as `240 lunix in /proc/devices`; a path stays. Pure. */
function nameLeft(line: string): string {
  const [, list, entry = ''] = /^(\/proc\/[\w/]+):\s*(.+)$/.exec(line) ?? [];
  return list === undefined ? line : `${entry} in ${list}`;
}

/** `311 lunix_read+0x5a/0x90 [lunix] cat`. Pure. */
function readWait(text: string): readonly TrialTask[] {
  const [, pid = '', place = '', name = ''] =
    /^(\d{1,9}) ([\w.]+\+0x[\da-f]+\/0x[\da-f]+ \[\w+\]) (.{1,64})$/.exec(text) ?? [];
  return pid === '' ? [] : [{ does: 'waits', pid: Number(pid), name, place }];
}

/** What SysRq l answers first (drivers/tty/sysrq.c). */
const backtraces = 'sysrq: Show backtrace of all active CPUs';

/** Which processes run in one of the modules, of the processors' backtraces. Pure. */
function readRunning(lines: readonly string[], modules = ''): readonly TrialTask[] {
  const running: TrialTask[] = [];
  let task: Pick<TrialTask, 'pid' | 'name'> | undefined;
  for (const line of lines) {
    const [, pid, name = ''] = /PID: (\d{1,9}) Comm: (.{1,64}?) (?:Not t|T)ainted/.exec(line) ?? [];
    if (pid !== undefined) task = { pid: Number(pid), name };
    const [, place = '', module = ''] =
      /RIP: 0010:([\w.]+\+0x[\da-f]+\/0x[\da-f]+ \[(\w+)\])/.exec(line) ?? [];
    if (task === undefined || !modules.split(' ').includes(module)) continue;
    running.push({ does: 'runs', ...task, place });
    task = undefined;
  }
  return running;
}

function phaseOf(text: string | undefined): TrialReport['phase'] {
  return (['insert', 'test', 'remove', 'kmemleak'] as const).find((each) => each === text);
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}
