import { plainWords } from './tool-words.ts';
import { countOf } from '../text/format.ts';
import { quoteForShell } from '../text/shell-words.ts';

/** What a guest said of a module that was to be loaded or unloaded. */
export interface LoadAnswer {
  readonly outcome: 'done' | 'refused' | 'absent';
  /** What insmod or rmmod said. */
  readonly said: string;
  /** The release that the module was built for, and the one that runs. */
  readonly builtFor: string | undefined;
  readonly runs: string | undefined;
  /** References, modules that use it, and processes that have a file of its name open. */
  readonly references: number | undefined;
  readonly holders: readonly string[];
  readonly users: readonly string[];
  /** Lines of the kernel's log: since the insertion; of one that was refused, the last. */
  readonly log: readonly string[];
}

/** Of the kernel's log after an insertion. */
const mostLines = 20;

/** The kernel's name of a module, by its file's. Pure. */
export function moduleName(object: string): string {
  return (object.split('/').at(-1) ?? object).replace(/\.ko$/, '').replaceAll('-', '_');
}

/**
 * Shell text that inserts the module that it reads from its input, with these parameters, and says
 * what came of it; ends with 0 either way. Pure.
 */
export function loadScript(name: string, parameters: readonly string[]): string {
  const words = parameters.map((each) => quoteForShell(keepBlanks(each))).join(' ');
  return [
    `file=/run/utopia-${name}.ko; umask 077; cat >$file || exit 1`,
    'for need in $(modinfo -F depends $file | tr , " "); do modprobe -q "$need" 2>/dev/null; done',
    'last=$(dmesg | tail -n 1)',
    `if said=$(insmod $file ${words} 2>&1); then`,
    '  echo outcome done',
    // The line before has a time stamp of its own; one that has left the log meanwhile gives nothing.
    `  dmesg | grep -Fx -A ${mostLines + 1} -e "$last" | tail -n +2 | head -n ${mostLines} | sed 's/^/log /'`,
    'else',
    '  echo outcome refused; echo "said $said" | head -n 1',
    '  set -- $(modinfo -F vermagic $file); echo "built-for $1"; echo "runs $(uname -r)"',
    "  dmesg | tail -n 6 | sed 's/^/log /'",
    'fi',
    'rm -f $file',
  ].join('\n');
}

/** What a module has said when it was inserted, without what the kernel says of each that is built outside. Pure. */
export function saidAtLoad({ log }: LoadAnswer): readonly string[] {
  return log.filter(
    (line) => line !== '' && !/taints kernel|module verification failed/.test(line),
  );
}

/** The kernel parts parameters at blanks, but for those in double quotes (next_arg of lib/cmdline.c). */
function keepBlanks(parameter: string): string {
  const [, name = '', value = ''] = /^(\w+=)([^"]*\s[^"]*)$/.exec(parameter) ?? [];
  return name === '' ? parameter : `${name}"${value}"`;
}

/** Shell text that removes a module, and says what came of it, and who holds it. Pure. */
export function unloadScript(name: string, seconds: number): string {
  const folder = `/sys/module/${name}`;
  return [
    `[ -d ${folder} ] || { echo outcome absent; exit 0; }`,
    // One that hangs cannot be killed.
    `work=/run/utopia-${name}.rmmod; rm -rf $work; mkdir $work || exit 1`,
    `{ rmmod ${name} >$work/said 2>&1; echo $? >$work/draft; mv $work/draft $work/status; } >/dev/null 2>&1 &`,
    'read -r begun rest </proc/uptime; now=$begun',
    `while [ ! -e $work/status ] && [ $((\${now%%.*} - \${begun%%.*})) -le ${seconds} ]; do`,
    '  sleep 0.2; read -r now rest </proc/uptime',
    'done',
    'said="rmmod does not end"; status=hangs',
    '[ -e $work/status ] && { said=$(cat $work/said); status=$(cat $work/status); }',
    'rm -rf $work',
    '[ "$status" = 0 ] && { echo outcome done; exit 0; }',
    'echo outcome refused; echo "said $said" | head -n 1',
    `echo "references $(cat ${folder}/refcnt 2>/dev/null)"`,
    `for each in ${folder}/holders/*; do [ -e "$each" ] && echo "holder $(basename "$each")"; done`,
    // One program for all: a readlink for each would take half a minute emulated.
    `ls -l /proc/[0-9]*/fd 2>/dev/null | grep -e '^/proc/' -e ' -> /\\(dev\\|proc\\|sys\\)/\\(.*/\\)\\?${name}' |`,
    '  while read -r where b c d e f g h i j to; do',
    '    case $where in',
    '      /proc/*) pid=${where#/proc/}; pid=${pid%%/*} ;;',
    '      *) echo "user $(cat /proc/$pid/comm 2>/dev/null) (pid $pid) has $to open" ;;',
    '    esac',
    '  done | sort -u | head -n 10',
    'exit 0',
  ].join('\n');
}

/** Reads what these scripts print. Pure. */
export function readLoadAnswer(text: string): LoadAnswer {
  const all = (key: string): string[] =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${key} `))
      .map((line) => line.slice(key.length + 1).trim());
  const one = (key: string): string | undefined => all(key)[0];
  const outcome = one('outcome');
  const references = one('references');
  return {
    outcome: outcome === 'done' || outcome === 'absent' ? outcome : 'refused',
    said: one('said') ?? '',
    builtFor: one('built-for'),
    runs: one('runs'),
    references:
      references !== undefined && /^\d{1,9}$/.test(references) ? Number(references) : undefined,
    holders: all('holder'),
    users: all('user'),
    log: all('log'),
  };
}

/** Why a module was not loaded or unloaded, as a sentence, and what helps. */
export interface LoadRefusal {
  readonly why: string;
  readonly hint: string;
  /** Lines of evidence. */
  readonly details: readonly string[];
}

/** Why insmod refused. Pure. */
export function explainLoad(name: string, answer: LoadAnswer): LoadRefusal {
  const { said, builtFor, runs, log } = answer;
  const details = log.filter((line) => saysOf(name, line)).map((line) => `| ${line}`);
  if (/File exists/.test(said)) {
    const hint = `utopia module unload ${name}, or reload in the place of load, takes it out first.`;
    return { why: `${name} is loaded already.`, hint, details: [] };
  }
  if (builtFor !== undefined && runs !== undefined && builtFor !== runs) {
    return {
      why: `${name} was built for ${builtFor}, and the machine runs ${runs}.`,
      hint: 'utopia module build takes the kernel that the disk boots; utopia reboot boots it.',
      details: [],
    };
  }
  const unknown = log.flatMap((line) => /Unknown symbol (\S+)/.exec(line)?.[1] ?? []);
  if (/Unknown symbol/.test(said)) {
    const what = unknown.length === 0 ? 'symbols that it needs' : [...new Set(unknown)].join(', ');
    return {
      why: `${name} needs what no loaded module gives: ${what}.`,
      hint: 'Load the module that gives them first; some are for MODULE_LICENSE("GPL") alone.',
      details,
    };
  }
  return {
    why: `${name} was refused: ${plainWords(said)}${ofInit(said)}.`,
    hint: 'Its init function, or the kernel, says why: utopia ssh -- dmesg | tail',
    details,
  };
}

/** insmod's words for EINVAL speak of parameters, whoever has given it back. Pure. */
export function ofInit(said: string): string {
  if (/Invalid parameters/.test(said)) return ' (EINVAL: its init function, or a parameter)';
  return plainWords(said).endsWith('No such device') ? ' (ENODEV, of its init function)' : '';
}

/** Whether a line of the log is about this module, and not what the kernel says of every one. */
function saysOf(name: string, line: string): boolean {
  return line.includes(name) && !/taints kernel|tainting kernel/.test(line);
}

/** Why rmmod refused. Pure. */
export function explainUnload(name: string, answer: LoadAnswer): LoadRefusal {
  const { said, references, holders, users } = answer;
  const details = [...holders.map((each) => `module ${each} uses it`), ...users];
  if (holders.length > 0 || (references !== undefined && references > 0)) {
    const times = references === undefined ? '' : ` (${countOf(references, 'reference')})`;
    return {
      why: `${name} is in use${times}.`,
      hint:
        details.length > 0
          ? holders.length > 0
            ? `utopia module unload ${[...holders, name].join(' ')}`
            : 'End what uses it, then again.'
          : 'Nobody is seen to use it: a reference that the module does not give back? utopia reboot',
      details,
    };
  }
  return {
    why: `${name} was not removed: ${plainWords(said) || 'rmmod does not say why'}.`,
    hint: 'A module without an exit function, or one that hangs in it, goes by utopia reboot.',
    details,
  };
}
