import { quoteForShell } from '../text/shell-words.ts';
import { dotenvName } from './dotenv/load-dotenv.ts';
import { factsOf, type KeyName } from './config-keys.ts';
import type { ReportedValue } from './config-report.ts';

/** `line 3`, `.env:3`, or where else a value comes from. Pure. */
export function describeOrigin({ origin, line }: ReportedValue): string {
  if (line === undefined) return origin;
  return origin === 'dotenv' ? `${dotenvName}:${line}` : `line ${line}`;
}

/** A value as it would be written, or in brackets how one is found where none is set. Pure. */
export function describeValue(key: KeyName, { value }: ReportedValue): string {
  if (value === null) return `(${factsOf(key).defaultRule ?? 'none'})`;
  if (typeof value === 'object')
    return value.length === 0 ? '(none)' : value.map(quoteForShell).join(' ');
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
}
