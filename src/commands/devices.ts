import type { Context, GlobalOptions } from '../context.ts';
import { labDevices } from '../host/lab-devices.ts';
import { findQemu } from '../host/qemu-features.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { wrapText } from '../ui/lines.ts';
import { agreeToArguments } from '../lifecycle/launch/agree-to-arguments.ts';
import { agreeToQemu } from '../lifecycle/launch/agree-to-program.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';

const headings = {
  machine: 'Every machine has, where QEMU does:',
  exercise: 'For exercises, in UTOPIA_EXTRA_ARGS or behind utopia up --:',
} as const;

/** `utopia devices`: what this machine's QEMU offers of what the courses use. */
export async function runDevices(
  context: Context,
  globals: GlobalOptions,
  options: { readonly yes: boolean },
): Promise<void> {
  const { terminal } = context;
  const { config } = await locateMachine(context, globals);
  await agreeToQemu(context, config, options.yes);
  // It starts no machine, and needs no answer; with --yes it is the place to agree.
  if (options.yes) await agreeToArguments(context, config, true);
  const { binary, version, devices } = await findQemu(config, context.env, context.signal);
  const listed = labDevices.map((device) => ({ ...device, present: devices.has(device.name) }));
  if (globals.json) {
    terminal.json({ schema: 1, binary, version, devices: listed });
    return;
  }
  const { color, symbols } = terminal;
  terminal.out(`QEMU ${version}, ${binary}`);
  for (const part of ['machine', 'exercise'] as const) {
    terminal.out();
    terminal.out(headings[part]);
    for (const { name, purpose, args, built, present } of listed.filter(
      (each) => each.part === part,
    )) {
      const mark = present ? color.green(symbols.ok) : color.yellow(symbols.warn);
      terminal.out(`  ${mark} ${name.padEnd(20)} ${purpose}`);
      const indent = ' '.repeat(7);
      if (!present) terminal.out(`${indent}not built in${built === undefined ? '' : `: ${built}`}`);
      if (args === undefined || !present) continue;
      for (const line of wrapText(args.map(quoteForShell).join(' '), terminal.columns, indent)) {
        terminal.out(line.startsWith(indent) ? line : `${indent}${line}`);
      }
    }
  }
  if (listed.every(({ present }) => present)) return;
  terminal.out();
  terminal.out('utopia qemu build makes a QEMU that has more, utopia qemu use chooses one.');
}
