import type { Context, GlobalOptions } from '../../context.ts';
import { exitStatus, type ExitStatus } from '../../errors.ts';
import type { FoundConfig } from '../../kernel/find-config.ts';
import { judgeConfig } from '../../kernel/judge-config.ts';
import { foldFor } from '../../ui/lines.ts';
import { listKernelFindings, sayVerdict, verdictRecord } from '../../ui/kernel-check.ts';

/** Judges a config and shows what came of it; the status is that of `kernel check`. */
export function reportVerdict(
  { terminal }: Pick<Context, 'terminal'>,
  { json, quiet }: Pick<GlobalOptions, 'json' | 'quiet'>,
  found: Pick<FoundConfig, 'config' | 'file' | 'version' | 'notes'>,
): ExitStatus {
  const judgement = judgeConfig(found.config, found.version);
  const { verdict, findings } = judgement;
  const status = verdict === 'will-not-boot' ? exitStatus.unavailable : exitStatus.ok;
  for (const note of quiet ? [] : found.notes) {
    for (const line of foldFor(terminal.stderr, note, terminal.columns)) terminal.err(line);
  }
  if (json) {
    terminal.json(verdictRecord(found, judgement));
    return status;
  }
  const { color, symbols } = terminal;
  const mark = {
    boots: color.green(symbols.ok),
    'needs-initramfs': color.yellow(symbols.warn),
    'will-not-boot': color.red(symbols.fail),
  }[verdict];
  const name = found.version === undefined ? 'This kernel' : `Linux ${found.version}`;
  terminal.out(`${mark} ${name} ${sayVerdict(judgement)}`);
  for (const line of listKernelFindings(findings, terminal.columns)) terminal.out(line);
  return status;
}
