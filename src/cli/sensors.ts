import type { Command } from 'commander';
import type { RunCommand } from './run-command.ts';
import { examples } from './help.ts';
import { secondsOfDay } from './numbers.ts';

interface ListenFlags {
  readonly from?: string;
  readonly seconds?: number;
}

/** Commands about the Lunix:TNG sensor feed at the guest's second serial port. */
export function addSensorCommands(program: Command, runCommand: RunCommand): void {
  const sensors = program
    .command('sensors')
    .summary('the Lunix sensor feed')
    .description(
      "The Lunix:TNG sensor stream at the guest's /dev/ttyS1. UTOPIA_SENSORS chooses it,\n" +
        'or up --sensors. Alone: what the machine gets, and what befell the feed.',
    )
    .addHelpText('after', examples('utopia sensors', 'utopia up --sensors sim'))
    .action(async (_options: unknown, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runSensorsStatus } = await import('../commands/sensors-status.ts');
        await runSensorsStatus(context, globals);
      });
    });
  addListeners(sensors, runCommand);

  sensors
    .command('use')
    .summary('give the running machine another feed')
    .description('Give the running machine another feed, until it ends.')
    .argument('<feed>', 'sim, sim:FAULT,…, tcp:HOST:PORT, replay:FILE, serial:DEVICE or none')
    .addHelpText(
      'after',
      examples('utopia sensors use sim', 'utopia sensors use sim:bad-crc,burst'),
    )
    .action(async (feed: string, _options: unknown, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runSensorsUse } = await import('../commands/sensors-use.ts');
        await runSensorsUse(context, globals, feed);
      });
    });

  sensors
    .command('bridge', { hidden: true })
    .summary('carry a feed to the serial port')
    .description('What utopia up starts beside QEMU: carries a feed to the serial port.')
    .argument('<feed>')
    .argument('<socket>')
    .argument('<pid>', undefined, Number)
    .addHelpText('after', examples('utopia sensors bridge sim sensors.sock 4127'))
    .action(async (feed: string, socket: string, pid: number, _options: unknown, self: Command) => {
      await runCommand(self, async (context) => {
        const { runSensorBridge } = await import('../commands/sensors-bridge.ts');
        await runSensorBridge(context, { feed, socket, pid });
      });
    });
}

/** Commands that listen to a feed themselves, beside the machine. */
function addListeners(sensors: Command, runCommand: RunCommand): void {
  listening(sensors.command('show'))
    .summary('newest readings, decoded')
    .description(
      'Show the newest reading of each node, and how many frames were bad. On a\n' +
        'terminal until Ctrl-C, elsewhere after 10 s.',
    )
    .addHelpText(
      'after',
      examples('utopia sensors show', 'utopia sensors show --from sim --seconds 5 --json'),
    )
    .action(async (options: ListenFlags, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runSensorsShow } = await import('../commands/sensors-show.ts');
        await runSensorsShow(context, globals, { from: undefined, seconds: undefined, ...options });
      });
    });

  listening(sensors.command('record'))
    .summary('write the frames to a file')
    .description('Write the frames of the feed to a new file, until Ctrl-C.')
    .argument('<file>', 'for UTOPIA_SENSORS=replay:FILE')
    .addHelpText(
      'after',
      examples('utopia sensors record lab.bin --seconds 60', 'utopia up --sensors replay:lab.bin'),
    )
    .action(async (file: string, options: ListenFlags, command: Command) => {
      await runCommand(command, async (context, globals) => {
        const { runSensorsRecord } = await import('../commands/sensors-record.ts');
        const chosen = { from: undefined, seconds: undefined, ...options };
        await runSensorsRecord(context, globals, file, chosen);
      });
    });
}

function listening(command: Command): Command {
  return command
    .option('--from <feed>', "another feed than the machine's: sim, tcp:HOST:PORT …")
    .option('--seconds <count>', 'end after so many seconds', secondsOfDay);
}
