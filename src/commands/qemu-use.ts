import { loadConfig } from '../config/load-config.ts';
import { openSettings } from '../config/plan-edit.ts';
import { requireConfig } from '../config/config-report.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { lookUpwards } from '../lifecycle/launch/look-upwards.ts';
import { listQemus } from '../lifecycle/qemu/list-qemus.ts';
import { askChosen, chooseQemu, findTroubles } from '../lifecycle/qemu/use-qemu.ts';
import { homeFolder } from '../system/places.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { shortenPath } from '../text/shorten-path.ts';

const key = 'QEMU_BUILD_DIR';

/** `utopia qemu use NAME|PATH`: that QEMU in this machine's configuration. */
export async function runQemuUse(
  context: Context,
  globals: GlobalOptions,
  word: string,
): Promise<void> {
  const { terminal, cwd, env } = context;
  const home = homeFolder(env);
  const { config: file, machine } = await lookUpwards(context, globals);
  const place = { cwd, file, machineFile: machine?.file, env };
  const report = await loadConfig({ ...place, home });
  const config = requireConfig(report);
  // A path needs nobody to be asked what it is called.
  const qemus = word.includes('/') ? [] : await listQemus(context, config);
  const chosen = await chooseQemu(context, qemus, word);
  const qemu = await askChosen(context, config, chosen);
  const settings = await openSettings(place, report, home);
  const line = `${key}=${quoteForShell(chosen.place)}`;
  const isSame = config.qemuBuildDir === chosen.place;
  const plan = settings.plan(key, chosen.place);
  if (!isSame && plan.kind === 'refused') {
    throw new UtopiaError('config-invalid', `${key} was not changed: ${plan.why}.`, {
      hint: `Change it there: ${line}`,
    });
  }
  if (!isSame && plan.kind !== 'refused') await settings.apply(plan);
  const version = qemu?.version ?? null;
  if (globals.json) {
    const said = { version, path: chosen.binary, file: report.file, key, value: chosen.place };
    terminal.json({ schema: 1, ...said });
    return;
  }
  const shown = shortenPath(chosen.binary, cwd, home);
  terminal.out(`QEMU${version === null ? '' : ` ${version}`}, ${shown}`);
  terminal.out(`  ${report.label} has ${isSame ? 'it already' : 'it now'}: ${line}`);
  for (const trouble of await findTroubles(config, env, qemu)) context.reporter.warn(trouble);
}
