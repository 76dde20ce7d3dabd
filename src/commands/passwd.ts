import { text } from 'node:stream/consumers';
import type { Context, GlobalOptions } from '../context.ts';
import { UtopiaError } from '../errors.ts';
import { guidePassword } from '../guest/askpass.ts';
import { runInGuest } from '../guest/ssh.ts';
import { isLoopback } from '../machine/plan.ts';
import { askSecret } from '../ui/ask-secret.ts';
import { exposeSsh } from '../lifecycle/watch/exposure.ts';
import { findGuest } from '../lifecycle/watch/find-guest.ts';

export interface PasswdOptions {
  /** The guest's account. */
  readonly account: string;
  /** Read the password from stdin instead of asking. */
  readonly stdin: boolean;
}

/** `utopia passwd`: a new password for an account of the guest, over ssh; then opens the port that waits for it. */
export async function runPasswd(
  context: Context,
  globals: GlobalOptions,
  { account, stdin }: PasswdOptions,
): Promise<void> {
  const { terminal } = context;
  if (!/^[a-z_][a-z0-9_.-]*$/i.test(account)) {
    throw new UtopiaError('usage', `"${account}" is no name of an account.`, {
      hint: 'utopia passwd user',
    });
  }
  const { machine, running, access } = await findGuest(context, globals, 'root');
  const password = stdin ? await readStdin(terminal.stdin) : await askTwice(context, account);
  if (password === '' || /[\r\n\0]/.test(password)) {
    throw new UtopiaError(
      'usage',
      'A password is one line that is not empty. Nothing was changed.',
    );
  }
  // Through stdin: an argument could be read by everybody in the guest.
  const { status, stderr } = await runInGuest(access, 'chpasswd', {
    input: `${account}:${password}\n`,
  });
  if (status !== 0) {
    throw new UtopiaError('guest-refused', `The guest did not change the password of ${account}.`, {
      details: stderr.trim().split('\n').slice(-3),
      hint: 'utopia ssh, then passwd, says more.',
    });
  }
  if (!globals.quiet) terminal.err(`The password of ${account} in the guest is changed.`);
  if (password === guidePassword(account)) {
    terminal.err(`${terminal.symbols.warn} It is the guide's own: everybody knows it.`);
  }
  const host = machine.config.sshInterface;
  const { state } = running;
  if (isLoopback(host) || state === undefined || state.exposed !== undefined) return;
  const exposure = await exposeSsh(context, machine, state, { host, anyway: false });
  const { port } = state.ssh;
  if (exposure.kind === 'open') terminal.err(`Port ${port} is open on ${host} now.`);
  else terminal.err(`Port ${port} stays closed to others: ${exposure.because}.`);
}

async function readStdin(stdin: NodeJS.ReadStream): Promise<string> {
  return (await text(stdin)).replace(/\r?\n$/, '');
}

async function askTwice({ terminal, signal }: Context, account: string): Promise<string> {
  const first = await askSecret(terminal, `New password of ${account} in the guest: `, signal);
  if ((await askSecret(terminal, 'Once more: ', signal)) === first) return first;
  throw new UtopiaError('usage', 'These were two passwords. Nothing was changed.', {
    hint: `utopia passwd ${account}`,
  });
}
