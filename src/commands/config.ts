import { dirname, isAbsolute } from 'node:path';
import { describeOrigin, describeValue } from '../config/describe-setting.ts';
import { loadConfig } from '../config/load-config.ts';
import { keyNames, type KeyName } from '../config/config-keys.ts';
import { configAsJson, locate, requireConfig, type ConfigReport } from '../config/config-report.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { homeFolder } from '../system/places.ts';
import { countOf } from '../text/format.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { wrapText } from '../ui/lines.ts';
import { lookUpwards } from '../lifecycle/launch/look-upwards.ts';

/** Values for this run, given on the command line. */
export interface ConfigOptions {
  readonly flags: Partial<Record<KeyName, string>>;
}

/**
 * `utopia config`: every resolved value and where it comes from, on stdout;
 * warnings on stderr. Throws `config-invalid` after all that when there are errors.
 */
export async function runConfig(
  context: Context,
  globals: GlobalOptions,
  options: ConfigOptions,
): Promise<void> {
  const { terminal } = context;
  const { config: file, machine } = await lookUpwards(context, globals);
  const report = await loadConfig({
    cwd: context.cwd,
    file,
    machineFile: machine?.file,
    env: context.env,
    flags: options.flags,
    home: homeFolder(context.env),
  });
  if (globals.json) {
    terminal.json(configAsJson(report), 2);
  } else {
    terminal.out(
      report.fileExists
        ? `${report.label} · ${report.keysSet} of ${keyNames.length} keys set`
        : `no ${report.label} · ${initCommand(report)} writes one`,
    );
    const { dotenv } = report;
    if (dotenv.keysSet > 0) terminal.out(`${dotenv.label} · ${countOf(dotenv.keysSet, 'key')} set`);
    terminal.out();
    for (const key of keyNames) {
      terminal.out(
        `  ${key.padEnd(20)}  ${describeOrigin(report.values[key]).padEnd(11)}  ${describeValue(key, report.values[key])}`,
      );
    }
    for (const warning of globals.quiet ? [] : report.warnings) {
      const text = `${locate(report, warning)}${warning.message}`;
      const lines = wrapText(text, terminal.columns - 2, '  ');
      terminal.err(`${terminal.errColor.yellow(terminal.symbols.warn)} ${lines.join('\n')}`);
    }
  }
  requireConfig(report);
}

/** `init` writes into the current folder, wherever the machine is. */
function initCommand({ label, file }: ConfigReport): string {
  return isAbsolute(label) ? `utopia -C ${quoteForShell(dirname(file))} init` : 'utopia init';
}
