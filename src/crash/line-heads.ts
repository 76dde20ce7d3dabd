/**
 * What other programs put before the kernel's words: dmesg's and journalctl's dates in any
 * language, syslog, containers, CI systems, quoted mail. A head is any chain of these parts, so
 * that a new combination needs no new rule. Each is bounded, and none can be the start of a
 * kernel's report.
 */
const parts: readonly RegExp[] = [
  // A log level, with RFC 5424's version behind it.
  /<\d{1,3}>(?:\d )?\.?/y,
  // Quoted mail, tables, lists, comments, diffs.
  /(?:[>|│┃]+|[*+#;•]|\/\/) ?/y,
  // Anything in brackets with a time or a number of seconds: dmesg -T, iso, ctime, reltime, delta.
  /\[(?!<\d{8,16}>)(?:[^[\]]{0,60}?\d:\d\d[^[\]]{0,60}|[\d .,+<>-]{1,40})\] ?:? ?/y,
  // The caller (CONFIG_PRINTK_CALLER), and what vendors' kernels print in its place.
  / ?\[ *[TC]\d{1,9} *\] ?/y,
  /\[pid:\d{1,9},cpu\d{1,4},[^\]]{1,60}\] ?/y,
  /\[name:[\w-]{1,40}&\] ?/y,
  /-?\(\d{1,3}\)\[\d{1,9}:[^\]]{0,40}\] ?/y,
  /[IWE]?\[ ?\d{1,3}: *[^\]]{1,40}: *\d{1,9}\] ?/y,
  // A date with a time, as standards and as people write it.
  /\d{4}[-/.]\d\d[-/.]\d\d[T _]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?(?: \d\d[OE]\+?)?[:,|]? ?/y,
  /(?:[\p{L}\uFFFD\d.,/-]{1,16}\s{1,4}){0,6}?\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: [AaPp]\.?[Mm]\.?)?(?: \d{4}(?=[ \]]|$))?(?: (?:UTC|GMT|[A-Z]{3,5}(?= \S+ kernel)|[+-]\d\d:?\d\d))?(?: *[:|>,])?[ \t]{0,2}/uy,
  // Seconds alone, of qemu, ts or a logger.
  /\+?\d{1,9}\.\d{1,9}(?: ?[:|] ?| {1,2})/y,
  // logcat's process, thread and level.
  / {0,4}\d{1,7} {1,4}\d{1,7} [VDIWEF] /y,
  // Who says it: the host's name and the kernel, dmesg -x, a container's stream, a service.
  /(?:[\w.@:-]{1,64} ){0,3}?(?:kernel|klogd|vmkernel|kern)(?:(?:\[\d{1,9}\])?: ?| (?:\S{1,40} ){2}- )/y,
  /(?:kern|user|syslog|daemon) *[.:] *\w{1,8} *:? ?/y,
  /(?:stdout|stderr) [FP] /y,
  /[\w.-]{1,60} {0,20}[|│] /y,
  /(?:qemu[\w-]{0,20}|console|serial|guest|target|dmesg|netconsole|tty\w{1,6}|hvc\d) ?[:>] ?/iy,
  /\[(?:kernel|console|serial|guest|qemu|dmesg|pod\/[^\]]{1,80})\] ?:? ?/y,
  /\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})? /y,
  // grep and cat -n.
  /[\w./-]{0,80}?(?:log|txt|syslog|messages|dmesg)(?:\.\d{1,3})?[:-](?:\d{1,7}[:-])?/y,
  / {0,7}\d{1,7}(?::|\t) ?/y,
];

/**
 * What each part needs to have, looked for at once: most of the kernel's own lines have none of it,
 * and need not be tried with every part.
 */
const mayHaveHead =
  /^[^A-Za-z_ ]|^ +[\d[]|^[IWE]\[|\d:\d\d|kern|klogd|[|│]|^(?:qemu|console|serial|guest|target|dmesg|netconsole|tty|hvc|user|syslog|daemon|stdout|stderr)|(?:log|txt|messages|dmesg)(?:\.\d{1,3})?[:-]/i;

/** Longest chain: a date, a level, a host, a stream, a quote, each perhaps twice. */
const mostParts = 12;

/** Where the kernel's words begin in a line without a stamp of printk's. Pure. */
export function headLength(text: string): number {
  if (!mayHaveHead.test(text)) return 0;
  let end = 0;
  for (let count = 0; count < mostParts; count += 1) {
    const next = partEnd(text, end);
    if (next === undefined) break;
    end = next;
  }
  return end;
}

function partEnd(text: string, from: number): number | undefined {
  for (const part of parts) {
    part.lastIndex = from;
    if (part.test(text) && part.lastIndex > from) return part.lastIndex;
  }
  return undefined;
}
