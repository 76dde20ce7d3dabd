import type { Context, GlobalOptions } from '../context.ts';
import { labDevices } from '../host/lab-devices.ts';
import { findQemu } from '../host/qemu-features.ts';
import { deviceList } from '../ui/device-list.ts';
import { agreeToArguments } from '../lifecycle/launch/agree-to-arguments.ts';
import { agreeToQemu } from '../lifecycle/launch/agree-to-program.ts';
import { locateMachine } from '../lifecycle/launch/locate.ts';

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
  terminal.out(`QEMU ${version}, ${binary}`);
  for (const line of deviceList(listed, terminal)) terminal.out(line);
  if (listed.every(({ present }) => present)) return;
  terminal.out();
  terminal.out('utopia qemu build makes a QEMU that has more, utopia qemu use chooses one.');
}
