import { UtopiaError } from '../../src/errors.ts';
import { runInGuest } from '../../src/guest/ssh.ts';
import { bootMachine } from '../../src/lifecycle/boot-machine.ts';
import { launchMachine } from '../../src/lifecycle/launch-machine.ts';
import { locateMachine } from '../../src/lifecycle/launch/locate.ts';
import { requireRunning } from '../../src/lifecycle/launch/monitor.ts';
import { requireBackingFile } from '../../src/lifecycle/launch/prepare.ts';
import { suspendMachine } from '../../src/lifecycle/saved/suspend-machine.ts';
import { findGuest } from '../../src/lifecycle/watch/find-guest.ts';
import { forgetEnded, stopRunning } from '../../src/lifecycle/watch/stop-escalation.ts';
import { plainContext } from './lifecycle-context.ts';

/**
 * A program that uses src/lifecycle without a command line and without a terminal: starts the
 * machine of the current folder, runs a command in it, suspends it, resumes it, asks for what was
 * in its memory, and stops it. Prints one line of JSON for each step.
 */
const context = plainContext(process.cwd(), process.env);
const wish = { json: false, quiet: true, verbose: false, here: true };
const located = await locateMachine(context, wish);

async function up(): Promise<'booted' | 'resumed'> {
  const display = await context.reporter.openProgress(true);
  const options = {
    ...{ detach: true, wait: true, ensure: false, yes: true, dryRun: false, here: true },
    ...{
      exposeAnyway: false,
      bootEntry: undefined,
      cold: false,
      debug: false,
      qemuArgs: [],
      flags: {},
    },
    ...{ timeoutMs: undefined, stallMs: 240_000 },
  };
  const machine = await launchMachine(context, located, options, display, {
    findImage: async () => await requireBackingFile(context, located),
    refuse: async ({ qemu }) => new UtopiaError('machine-running', `It runs as ${qemu.pid}.`),
  });
  await bootMachine(
    context,
    { ...options, verbose: false },
    located,
    { machine, display },
    async () => machine.started.detach(),
  );
  return machine.resumed === undefined ? 'booted' : 'resumed';
}

async function inGuest(command: string): Promise<string> {
  const { access } = await findGuest(context, wish, 'root');
  return (await runInGuest(access, command)).stdout.trim();
}

function tell(step: string, value: unknown): void {
  console.log(JSON.stringify({ step, value }));
}

tell('up', await up());
tell('run', await inGuest('echo kept >/dev/shm/note; uname -s'));
const display = await context.reporter.openProgress(true);
tell('suspend', (await suspendMachine(context, located, display)).stateBytes > 0);
tell('up', await up());
tell('run', await inGuest('cat /dev/shm/note'));
const running = await requireRunning(located);
const { urgentSignal } = context;
tell(
  'stop',
  await stopRunning(running, located.paths, { powerDownMs: 120_000, hurry: urgentSignal }),
);
await forgetEnded(context, located.paths);
