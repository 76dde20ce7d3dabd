import { UtopiaError } from '../errors.ts';
import { quoteWord, type SshTarget } from './ssh-argv.ts';

/** The system lacks a program that access needs. */
export function missingProgram(program: string): UtopiaError {
  return new UtopiaError('program-missing', `The program ${program} is missing.`, {
    hint: 'Install OpenSSH’s client: sudo apt install openssh-client',
  });
}

/** The guest went away under a session: it was reset, or has not answered for three minutes. */
export function connectionEnded(): UtopiaError {
  return new UtopiaError('ssh-unavailable', 'The connection to the guest has ended.', {
    hint: 'utopia status shows whether the guest is up.',
  });
}

const moreMemoryHint =
  'Start it with more, by --memory 512M or UTOPIA_MEMORY_MB=512 in utopia.config.';

/**
 * What ssh wrote about itself (`-E`), as an error: why there was no session, or why it ended.
 * `cause` is what the guest's kernel says of that, a sentence; it explains all but a wrong host key.
 */
export function explainSsh(log: string, target: SshTarget, cause?: string): UtopiaError {
  const lines = log
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('@'));
  const details = lines.slice(-6);
  const at = target.isPrivate === true ? 'its private connection' : `port ${target.port}`;
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key verification failed/.test(log)) {
    return new UtopiaError(
      'ssh-unavailable',
      `The guest on ${at} shows another host key than before. Nothing was sent to it.`,
      {
        hint: `Did you renew the guest's host keys? Then forget the old one:\nssh-keygen -R ${target.alias} -f ${quoteWord(target.knownHostsFile)}`,
      },
    );
  }
  if (cause !== undefined) {
    const message = `The guest does not let ${target.login} in: ${cause}`;
    return new UtopiaError('ssh-unavailable', message, { hint: moreMemoryHint, details });
  }
  if (/Permission denied \(|Too many authentication failures/.test(log)) {
    return new UtopiaError(
      'ssh-unavailable',
      `The guest does not let ${target.login} in: neither our key nor the password was taken.`,
      {
        hint: `Run utopia ssh -l ${target.login} in a terminal to type the password, or log in on the screen through VNC.`,
        details,
      },
    );
  }
  if (
    /kex_exchange_identification|banner exchange|Connection (?:refused|timed out|reset|closed)|timed out/i.test(
      log,
    )
  ) {
    const ended = /closed by remote host|Broken pipe|Timeout, server/.test(log);
    return new UtopiaError(
      'ssh-unavailable',
      ended ? 'The guest has closed the connection.' : `SSH does not answer on ${at}.`,
      { hint: 'utopia status shows whether the guest is up.', details },
    );
  }
  const last = details.at(-1) ?? 'it gave no reason';
  return new UtopiaError('ssh-unavailable', `ssh could not go on: ${last}`, {
    hint: 'utopia status shows whether the guest is up.',
    details: details.slice(0, -1),
  });
}
