import { requireLine } from '../text/plain-line.ts';
import { quotePath, type SshTarget } from './ssh-argv.ts';

/** What a host block says about one machine. */
export interface HostBlock {
  /** What one types behind ssh: the first is the one to show. */
  readonly names: readonly string[];
  /** The config file it belongs to, for whoever reads it. */
  readonly origin: string;
  readonly target: SshTarget;
}

/**
 * A Host block for ssh_config(5), with which ssh, scp, rsync, sshfs and editors
 * reach this machine and take no other one for it: its own host key, its own key,
 * and nothing of a `Host *` that would lead elsewhere. Throws `folder-unsafe` where a path or
 * name would make more lines of one.
 */
export function renderHostBlock({ names, origin, target }: HostBlock): string {
  const settings: readonly (readonly [string, string])[] = [
    ['HostName', target.host],
    ['Port', String(target.port)],
    ['User', target.login],
    ['HostKeyAlias', target.alias],
    ['UserKnownHostsFile', quotePath(target.knownHostsFile)],
    ['GlobalKnownHostsFile', '/dev/null'],
    ['StrictHostKeyChecking', 'accept-new'],
    ['CheckHostIP', 'no'],
    ['IdentityFile', quotePath(target.identityFile)],
    ['IdentitiesOnly', 'yes'],
    ['IdentityAgent', 'none'],
    ['ProxyJump', 'none'],
    ['ProxyCommand', 'none'],
    // A connection shared by address and port would outlive the machine that had them.
    ['ControlPath', 'none'],
  ];
  const lines = [
    `# Made by utopia for ${origin}`,
    `Host ${names.join(' ')}`,
    ...settings.map(([key, value]) => `  ${key} ${value}`),
  ];
  return `${lines.map(requireLine).join('\n')}\n`;
}

/** The line of ~/.ssh/config that brings in the blocks of all machines. */
export function includeLine(folder: string): string {
  return requireLine(`Include "${folder}/*.conf"`);
}

/**
 * ~/.ssh/config with our line at its top: below a `Host` line it would count for
 * that host only. Gives the text as it is when the line stands at its top level.
 */
export function withInclude(text: string, folder: string): string {
  const line = includeLine(folder);
  const lines = text.split('\n');
  const firstBlock = lines.findIndex((each) => /^\s*(?:host|match)\b/i.test(each));
  const top = firstBlock < 0 ? lines : lines.slice(0, firstBlock);
  if (top.some((each) => each.trim() === line)) return text;
  const rest = withoutInclude(text, folder);
  return rest === '' ? `${line}\n` : `${line}\n\n${rest}`;
}

/** The same without our line, and without the empty one that came with it. */
export function withoutInclude(text: string, folder: string): string {
  const line = includeLine(folder);
  const lines = text.split('\n');
  const kept: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    if (lines[at]?.trim() !== line) {
      kept.push(lines[at] ?? '');
      continue;
    }
    if (at === 0 && lines[1] === '') at += 1;
  }
  return kept.join('\n');
}
