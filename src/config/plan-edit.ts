import { realpath, stat } from 'node:fs/promises';
import { writeFileAtomically } from '../system/atomic-file.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { editKey, type LineEdit } from './edit.ts';
import { readConfigFile, type ConfigPlace } from './file.ts';
import type { KeyName } from './config-keys.ts';
import type { ConfigReport } from './config-report.ts';
import { readConfigText } from './read-config-text.ts';

/** How a value gets into a configuration, or why it does not. */
export type SettingPlan =
  | { readonly kind: 'refused'; readonly why: string }
  /** The file is empty, or is not there: it gets this one line. */
  | {
      readonly kind: 'create';
      readonly path: string;
      readonly exists: boolean;
      readonly to: string;
    }
  | { readonly kind: 'edit'; readonly path: string; readonly edit: LineEdit };

/** A configuration that settings are to be put into. */
export interface OpenSettings {
  plan(key: KeyName, value: string): SettingPlan;
  /** Carries a plan out: all other bytes stay, and a reader finds the old file or the new one. */
  apply(plan: Exclude<SettingPlan, { readonly kind: 'refused' }>): Promise<void>;
}

/**
 * Opens the configuration of `place` for changes. What the environment or .env sets is not changed
 * in the file, which they outrank. `report` is of the same place.
 */
export async function openSettings(
  place: ConfigPlace,
  report: ConfigReport,
  home: string,
): Promise<OpenSettings> {
  const file = await readConfigFile(place);
  // A link stays one.
  const path = await realpath(file.path).catch(() => file.path);
  const { text, errors } = readConfigText(file.bytes);
  return {
    plan: (key, value) => {
      const { origin, line } = report.values[key];
      if (origin === 'environment') return refused(`${key} is set in the environment`);
      if (origin === 'dotenv') return refused(`${report.dotenv.label}:${line} sets ${key}`);
      if (file.problem !== undefined || errors.length > 0) {
        return refused(`${report.label} cannot be read`);
      }
      if (!file.exists || text === '') {
        const to = `${key}=${quoteForShell(value)}`;
        return { kind: 'create', path, exists: file.exists, to };
      }
      const edit = editKey(text, key, value, place.env, home);
      return edit === undefined
        ? refused(`${report.label} sets ${key} in a way of its own`)
        : { kind: 'edit', path, edit };
    },
    apply: async (plan) => {
      const bytes =
        plan.kind === 'create'
          ? Buffer.from(`${plan.to}\n`)
          : editBytes(Buffer.from(file.bytes), plan.edit);
      await writeFileAtomically(plan.path, bytes, { mode: await modeOf(plan.path) });
    },
  };
}

function refused(why: string): SettingPlan {
  return { kind: 'refused', why };
}

/** Permissions of the file that is there; those that a new one of the user's usually has. */
async function modeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ mode }) => mode & 0o777,
    () => 0o644,
  );
}

const newline = 0x0a;

/** The same change in the file's own bytes, whatever its encoding and its ends of lines. Pure. */
export function editBytes(bytes: Buffer, edit: LineEdit): Buffer {
  let start = 0;
  const target = edit.kind === 'replace' ? edit.line - 1 : edit.line;
  for (let line = 0; line < target && start <= bytes.length; line += 1) {
    const end = bytes.indexOf(newline, start);
    if (end < 0) {
      // Behind a last line without its end.
      return Buffer.concat([bytes, Buffer.from(`\n${edit.to}\n`)]);
    }
    start = end + 1;
  }
  if (edit.kind === 'insert') {
    const parts = [bytes.subarray(0, start), Buffer.from(`${edit.to}\n`), bytes.subarray(start)];
    return Buffer.concat(parts);
  }
  const from = Buffer.from(edit.from);
  const at = bytes.indexOf(from, start);
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(edit.to),
    bytes.subarray(at + from.length),
  ]);
}
