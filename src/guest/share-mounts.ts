import { endAgentScript, startAgentScript } from './agent-start.ts';
import { quoteWord } from './ssh-argv.ts';

/** A mounted share (9p) of the guest, as in its /proc/mounts. */
export interface ShareMount {
  readonly source: string;
  readonly target: string;
  readonly options: string;
}

/** What taking the shares away came to. */
export interface ReleasedShares {
  readonly mounts: readonly ShareMount[];
  /** Who holds a share that could not be taken away: `bash (pid 812)`. */
  readonly holders: readonly string[];
}

/** Shell text: `mount SOURCE TARGET OPTIONS` for every 9p share, as it is in /proc/mounts: dash's echo would read \040. */
const listSharesScript = `
while read -r source target type options rest; do
  [ "$type" = 9p ] && printf 'mount %s %s %s\\n' "$source" "$target" "$options"
done < /proc/mounts
`.trim();

/**
 * Shell text for root: unmounts every 9p share, and prints for one that is busy `busy TARGET`
 * and `holder PID NAME` for each process that is in it or has a file of it open. One `ls`
 * looks at all descriptors: a process for each would take a minute under emulation.
 * `$held` is `yes` behind it when one is busy.
 */
const unmountSharesScript = `
cd /
held=
while read -r source target type options rest; do
  [ "$type" = 9p ] || continue
  path=$(printf '%b' "$target")
  umount "$path" 2>/dev/null && continue
  printf 'busy %s\\n' "$target"
  held=yes
  ls -ld /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe /proc/[0-9]*/fd/* 2>/dev/null |
    grep -F -e " -> $path" |
    while read -r line; do
      case $line in *" -> $path"|*" -> $path/"*) ;; *) continue ;; esac
      process=\${line#* /proc/}
      process=\${process%%/*}
      echo "holder $process $(cat "/proc/$process/comm")"
    done
  grep -lF -e " $path/" /proc/[0-9]*/maps 2>/dev/null |
    while IFS=/ read -r _ _ process _; do echo "holder $process $(cat "/proc/$process/comm")"; done
done < /proc/mounts
`.trim();

/**
 * A shell script for root in the guest: says which 9p shares are mounted, unmounts them, and says
 * who holds those that are busy. See parseReleasedShares.
 */
export const releaseSharesScript = `${listSharesScript}\n${unmountSharesScript}`;

/**
 * The same for a machine that goes on afterwards: between the two it says `ready`, and waits for a
 * line on its standard input. Without one, whoever asked is gone, and nothing is unmounted. At last
 * it has the guest write back what it holds for its disk, so that a boot from that finds it, too.
 */
export const askAndReleaseScript = [
  listSharesScript,
  'echo ready; read -r go || exit 0',
  unmountSharesScript,
  // A disk that hangs must not keep the memory from being saved.
  '[ -n "$held" ] || timeout 20 sync 2>/dev/null',
].join('\n');

/**
 * The same, and starts the agent, which it reads from stdin behind that line, where no share is
 * busy: one login for both. It says `agent` when that was started. One that a killed save has left
 * is ended before: half a message may be in it.
 */
export function leaveAgentScript(): string {
  return [
    askAndReleaseScript,
    'if [ -z "$held" ]; then',
    endAgentScript,
    '(',
    startAgentScript(),
    ') > /dev/null 2>&1 && echo agent',
    'fi; true',
  ].join('\n');
}

/** Whether the script of leaveAgentScript says that the agent was started. Pure. */
export function saysAgent(text: string): boolean {
  return /^agent$/m.test(text);
}

/** Reads what the script of releaseSharesScript printed. */
export function parseReleasedShares(text: string): ReleasedShares {
  const mounts: ShareMount[] = [];
  const holders: string[] = [];
  for (const line of text.split('\n')) {
    const [word, first = '', ...rest] = line.split(' ');
    if (word === 'mount') {
      const [target = '', options = ''] = rest;
      mounts.push({ source: first, target: decodeOctal(target), options });
    }
    if (word === 'holder') holders.push(`${rest.join(' ')} (pid ${first})`);
  }
  return { mounts, holders: [...new Set(holders)] };
}

/** /proc/mounts writes blanks and backslashes as three octal digits. */
function decodeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 8)),
  );
}

/** These shares, and those of before that are at no place of these: taken away, and not yet brought back. Pure. */
export function withEarlier(
  mounts: readonly ShareMount[],
  before: readonly ShareMount[],
): readonly ShareMount[] {
  const missing = before.filter(({ target }) => mounts.every((each) => each.target !== target));
  return [...mounts, ...missing];
}

/**
 * Shell text for root that sets the guest's clock: it says `ready` and waits for the host's time
 * (seconds since 1970 and three digits behind the point) on its standard input. An emulated guest
 * takes a tenth of a second and more for the answer and for date(1): both are measured, by
 * /proc/uptime, which has hundredths, and added. So the guest is ahead of the host by what the two
 * take, and never behind it: make takes a file of the host's for one of the future otherwise.
 */
const setClockScript = `
moment() { read -r moment _ < /proc/uptime; moment=\${moment%.*}\${moment#*.}; }
# Hundredths: the shell reads a number that begins with 0 as octal.
later() { hundredths=$((1\${now#*.} / 10 - 100 + $1)); set_to=$((\${now%.*} + hundredths / 100)).$((hundredths / 10 % 10))$((hundredths % 10)); }
give() { date -u -s "@$set_to" > /dev/null 2>&1 || date -u -s "@$((\${set_to%.*} + 1))" > /dev/null; }
moment; asked=$moment
echo ready; read -r now
moment; got=$moment
later $((got - asked + 2)); give
moment; ended=$moment
later $((2 * (ended - got) + got - asked + 2)); give || echo "clock not set"
`.trim();

/**
 * A shell script for root in the guest that sets its clock and mounts the shares
 * again. What a login takes does not count: see setClockScript. An agent that did not
 * answer is ended.
 */
export function wakeScript(mounts: readonly ShareMount[]): string {
  return [setClockScript, endAgentScript, mountAgainScript(mounts)].join('\n');
}

/**
 * Shell text for root: mounts the shares as they were, says `not mounted` where that fails, and
 * succeeds. An automount is asked to mount; what is mounted already stays. systemd gives an
 * automount up that was asked five times within ten seconds of the guest's, which saves soon are:
 * then it is mounted without.
 */
export function mountAgainScript(mounts: readonly ShareMount[]): string {
  return [...mounts.map(mountAgain), 'true'].join('\n');
}

/** The shell itself reads the table of mounts: each program costs an emulated guest a tenth of a second. */
function mountAgain({ source, target, options }: ShareMount): string {
  const path = quoteWord(target);
  const entry = quoteWord(encodeBlanks(target));
  const mount = `mount -t 9p -o ${quoteWord(options)} ${quoteWord(source)} ${path}`;
  return `
kind=
while read -r _ place type _; do [ "$place" = ${entry} ] && kind=$type; done < /proc/mounts
case $kind in
  9p) ;;
  autofs) ls ${path}/ > /dev/null 2>&1 || ${mount} ;;
  *) ${mount} ;;
esac || echo "not mounted"
`.trim();
}

function encodeBlanks(target: string): string {
  return target.replaceAll(' ', String.raw`\040`);
}
