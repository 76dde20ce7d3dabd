/** What a line of test output says (Documentation/dev-tools/ktap.rst), and how deep it stands. */
export type KtapLine =
  | { readonly kind: 'version'; readonly indent: number; readonly isKtap: boolean }
  | {
      readonly kind: 'plan';
      readonly indent: number;
      readonly tests: number;
      readonly skip: string;
    }
  | { readonly kind: 'subtest'; readonly indent: number; readonly name: string }
  | ({ readonly kind: 'result'; readonly indent: number } & KtapResult)
  | { readonly kind: 'other'; readonly text: string };

/** A test's own word on how it ended. */
export interface KtapResult {
  readonly ok: boolean;
  readonly name: string;
  /** In capitals, as in `SKIP`; empty for none. */
  readonly directive: string;
  /** What stands behind it. */
  readonly said: string;
}

/** Longer ones are no line of ours; what is shown of others is cut there. */
const longestLine = 2_000;
const longestName = 300;

/** The kernel's stamp, with the caller where it names one, and a level of /dev/kmsg. */
const stamp = /^(?:<\d{1,3}>)?\[ *\d{1,9}\.\d{6}\](?:\[ *[TC]\d{1,9}\])? /;
/** Nested by blanks, or by kselftest, which puts its tests' own lines behind `# `. */
const lead = /^(?: |# ){0,64}/;
const version = /^K?TAP version \d{1,4}$/;
const plan = /^1\.\.(\d{1,400})(?:\s*# *SKIP\b *(.*))?$/is;
/** A name may hold what JavaScript takes for the end of a line (U+2028): hence `s`, here and below. */
const result = /^(not )?ok\b(?: +\d{1,9})?(.*)$/s;
/** A name may hold a `#` all the same: KUnit's parameters do. */
const behindName = /(?:^|\s)#(?=\s|$|SKIP|TODO|XFAIL|TIMEOUT|ERROR)/i;
const directives = /^\s*(SKIP|TODO|XFAIL|TIMEOUT|ERROR)\b:? *(.*)$/is;

/** Reads one line, without its end. Pure; linear. */
export function readKtapLine(whole: string): KtapLine {
  const text = whole.slice(0, longestLine).replace(stamp, '').trimEnd();
  const indent = (lead.exec(text)?.[0] ?? '').length;
  const rest = text.slice(indent);
  if (version.test(rest)) return { kind: 'version', indent, isKtap: rest.startsWith('K') };
  const planned = plan.exec(rest);
  if (planned !== null) {
    return {
      kind: 'plan',
      indent,
      tests: Math.min(Number(planned[1]), Number.MAX_SAFE_INTEGER),
      skip: skipOf(planned),
    };
  }
  if (rest.startsWith('Subtest: ') && text.slice(0, indent).endsWith('# ')) {
    const name = rest.slice('Subtest: '.length).slice(0, longestName);
    return { kind: 'subtest', indent: indent - 2, name };
  }
  const ended = result.exec(rest);
  if (ended === null) return { kind: 'other', text };
  return { kind: 'result', indent, ok: ended[1] === undefined, ...readDescription(ended[2] ?? '') };
}

/** Of `1..0 # SKIP why`; a plan of none is one without a reason, too. */
function skipOf(match: RegExpExecArray): string {
  return match[2] ?? '';
}

/** ` - name # SKIP why`. */
function readDescription(text: string): Omit<KtapResult, 'ok'> {
  const hash = behindName.exec(text)?.index ?? -1;
  const name = (hash < 0 ? text : text.slice(0, hash)).trim().replace(/^- ?/, '');
  const behind = hash < 0 ? '' : text.slice(text.indexOf('#', hash) + 1);
  const [, directive = '', said = behind.trim()] = directives.exec(behind) ?? [];
  return { name: name.trim().slice(0, longestName), directive: directive.toUpperCase(), said };
}
