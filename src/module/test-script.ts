import { basename } from 'node:path';
import { quoteForShell } from '../text/shell-words.ts';

/** What is to be tried in a guest. */
export interface ModuleTrial {
  /** Begins each line of the report; nobody knows it before. Letters and digits. */
  readonly mark: string;
  /** Modules, relative to the folder, in any order. */
  readonly objects: readonly string[];
  /** The test; empty for none: the module is inserted and removed. */
  readonly words: readonly string[];
  /** How long a module may take to go, in seconds. */
  readonly removeSeconds: number;
  /** After so long, in seconds, it is told which processes wait in the modules: before the trial is ended. */
  readonly lookSeconds: number;
  /** Hand over how often lines ran, of modules that were built to count it. */
  readonly coverage: boolean;
  /** Files of its own begin with this path. */
  readonly work: string;
}

/** Where the kernel lists what is registered: what a module has put there must go with it. */
const lists = ['devices', 'misc', 'ioports', 'iomem', 'tty/ldiscs'].map((each) => `/proc/${each}`);

/** The same as names alone: what a module has left must not be looked into. */
const places = [
  ...['/proc/[!0-9]*', '/proc/irq/*/[a-z]*', '/sys/class/*', '/sys/bus/*/drivers/*'],
  ...['/sys/devices/platform/*', '/sys/kernel/debug/*'],
];

/**
 * Shell text that inserts the modules, runs the test and removes them, in the current folder of a
 * guest, as root. What the test prints goes to stdout; the report goes to stderr, line by line as
 * things happen, with the kernel's log between (see test-report.ts). It starts as few programs as
 * it can: each takes some hundredths of a second emulated. Pure.
 */
export function trialScript(trial: ModuleTrial): string {
  const { mark, objects, words, removeSeconds, lookSeconds, coverage, work } = trial;
  const test = words.map(quoteForShell).join(' ');
  return [
    // Whoever has given the trial up does not listen any more; the module is removed all the same.
    // A handler, and not '': the test is not to inherit it.
    'trap : PIPE HUP',
    'exec 3>&2 2>&1',
    `say() { printf '%s %s\\n' ${mark} "$*" >&3; }`,
    'first() { head -n 1 "$1" | cut -c1-300; }',
    waiting(objects),
    // From the start of the time that the trial has.
    `{ trap 'kill $nap; exit' TERM; sleep ${lookSeconds} 3>&- & nap=$!; wait $nap; waiting; } & look=$!`,
    // modinfo takes a fifth of a second emulated, and most modules need none.
    'needs() { grep -aq "depends=[[:alnum:]_]" "$1" || return 0;',
    '  for need in $(modinfo -F depends "$1" | tr , " "); do modprobe -q "$need"; done; }',
    'memory() { while read -r key value unit; do',
    '  [ "$key" = SUnreclaim: ] && { echo "$value"; break; }; done </proc/meminfo; }',
    `registered() { { grep -aH "" ${lists.join(' ')}; printf '%s\\n' ${places.join(' ')}; } 2>/dev/null; }`,
    'set -- /sys/kernel/debug/*; [ -e "$1" ] || mount -t debugfs none /sys/kernel/debug 2>/dev/null',
    `work=${quoteForShell(work)}; leaks=/sys/kernel/debug/kmemleak`,
    '[ -e $leaks ] && echo clear >$leaks && say kmemleak yes',
    ...objects.map((each) => `needs ${quoteForShell(`./${each}`)}`),
    // A guest that has just booted is still loading drivers for what it finds.
    '[ -e /run/udev/queue ] && udevadm settle --timeout=20 2>/dev/null',
    'known=" "; while read -r name rest; do known="$known$name "; done </proc/modules',
    'echo $$ >$work.script; registered >$work.before; before=$(memory)',
    `echo "utopia: ${mark}" >/dev/kmsg`,
    // From its start, which the mark is behind: what is said before -W is ready would be lost.
    'dmesg -w >&3 2>/dev/null & follow=$!',
    insertion(objects),
    // Whoever has given the trial up says so.
    'if [ "$failed" = no ] && [ ! -e $work.stop ]; then',
    '  say phase test',
    ...(words.length === 0
      ? []
      : [
          `  setsid ${test} </dev/null & test=$!`,
          '  echo $test >$work.test; wait $test; say status $?',
          // What it has left behind would hold the module.
          // dash knows no --.
          '  kill -KILL -$test 2>/dev/null && say left-running',
        ]),
    'fi',
    removal(removeSeconds),
    'if [ "$stays" = no ]; then',
    '  registered >$work.after',
    '  if ! cmp -s $work.before $work.after; then',
    '    while read -r name rest; do case $known in *" $name "*) ;; *) say meanwhile "$name" ;; esac',
    '    done </proc/modules',
    '    sort -u $work.before >$work.was; sort -u $work.after | comm -13 $work.was - | head -n 20 |',
    '      while IFS= read -r each; do say left "$each"; done',
    '  fi',
    '  if [ -e $leaks ]; then',
    // The scanner passes by what is younger than five seconds (Documentation/dev-tools/kmemleak.rst).
    '    say phase kmemleak; sleep 6; echo scan >$leaks; echo scan >$leaks',
    '    head -c 20000 $leaks | while IFS= read -r line; do say leak "$line"; done',
    '  fi',
    '  say memory $(($(memory) - before))',
    'fi',
    ...(coverage ? [counts] : []),
    'kill $follow $look 2>/dev/null',
    'say log; dmesg >&3; say end',
    'exit 0',
  ].join('\n');
}

/** The kernel keeps the counts of a module that has gone (Documentation/dev-tools/gcov.rst). */
const counts = [
  'at=/sys/kernel/debug/gcov; [ -d $at ] || say no-gcov',
  'here=$(pwd -P); find "$at$here" -name "*.gcda" 2>/dev/null | while IFS= read -r each; do',
  '  say gcda "${each#"$at$here/"} $(base64 -w 0 <"$each")"',
  'done',
].join('\n');

/**
 * Tells of each process that waits in a function of the modules, where that is. Where none does, one
 * may run there: then each processor tells where it is, in the kernel's log.
 */
function waiting(objects: readonly string[]): string {
  const names = objects.map((each) => basename(each, '.ko').replaceAll('-', '_'));
  const pattern = quoteForShell(names.map((name) => `\\[${name}\\]`).join('\\|'));
  return [
    'waiting() {',
    `  set -- $(grep -l ${pattern} /proc/[0-9]*/stack 2>/dev/null | head -n 5)`,
    '  for each; do',
    '    each=${each%/stack}; read -r comm <"$each/comm" || continue',
    `    place=$(grep -m 1 ${pattern} $each/stack) || continue`,
    '    say waits "${each#/proc/}" "${place##*>] }" "$comm"',
    '  done',
    `  [ $# = 0 ] && say looks ${quoteForShell(names.join(' '))} && echo l >/proc/sysrq-trigger`,
    '}',
  ].join('\n');
}

/** Modules that need symbols of another one wait for it. */
function insertion(objects: readonly string[]): string {
  return [
    'say phase insert; failed=no; inserted=',
    `set -- ${objects.map(quoteForShell).join(' ')}; tries=$#`,
    'while [ $# -gt 0 ]; do',
    '  each=$1; shift; name=${each##*/}; name=${name%.ko}',
    '  case $name in *-*) name=$(echo "$name" | tr - _) ;; esac',
    '  if insmod "./$each" >$work.said 2>&1; then',
    '    inserted="$name $inserted"; tries=$#',
    '  elif grep -q "Unknown symbol" $work.said && [ $tries -gt 0 ]; then',
    '    set -- "$@" "$each"; tries=$((tries - 1))',
    '  else',
    '    say refused-insertion "$name" "$(first $work.said)"; failed=yes; break',
    '  fi',
    'done',
  ].join('\n');
}

/** rmmod in the background: one that hangs cannot be killed. */
function removal(seconds: number): string {
  return [
    'say phase remove; stays=no',
    'for name in $inserted; do',
    // The test has removed it.
    '  [ -d "/sys/module/$name" ] || continue',
    '  : >$work.status',
    '  { rmmod "$name" >$work.said 2>&1; echo $? >$work.status; } >/dev/null 2>&1 3>&- &',
    '  read -r begun rest </proc/uptime; now=$begun; pause=0.1',
    `  while [ ! -s $work.status ] && [ $((\${now%%.*} - \${begun%%.*})) -le ${seconds} ]; do`,
    '    sleep $pause; read -r now rest </proc/uptime',
    '    [ ${now%%.*} = ${begun%%.*} ] || pause=0.5',
    '  done',
    '  if [ ! -s $work.status ]; then say hangs "$name"; waiting; stays=yes; break; fi',
    '  read -r status <$work.status',
    '  if [ "$status" != 0 ]; then',
    '    count=none; [ -e "/sys/module/$name/refcnt" ] && read -r count <"/sys/module/$name/refcnt"',
    '    say refused-removal "$name" "${count:-none}" "$(first $work.said)"; stays=yes; break',
    '  fi',
    'done',
  ].join('\n');
}
