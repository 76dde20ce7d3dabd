import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeLab, type Lab, type LabOptions } from './lab.ts';

/**
 * Shell text for a stand-in for ssh that opens a shared connection: it ends with the
 * connection's socket in its place, which a guest without a port on the host is reached by.
 */
export const shareConnection = `case "$*" in *ControlMaster=yes*)
  for word; do
    case $word in ControlPath=*) path=\${word#*\\"}; : >"\${path%\\"}"; exit 0 ;; esac
  done ;;
esac`;

/**
 * A lab whose ssh is a stand-in, too: it writes down each command for the guest in
 * `folder`/commands, and plays `action` (shell text) for the one that was asked for.
 * `programs` are further ones, by name, that are found before the host's.
 */
export async function labWithGuest(
  folder: string,
  action: string,
  options: LabOptions & { readonly programs?: Readonly<Record<string, string>> } = {},
): Promise<Lab> {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const ssh = `[ "$1" = -V ] && exit 0
${shareConnection}
for last; do :; done
printf '%s\\n' "$last" >>'${folder}/commands'
case $last in
  *authorized_keys* | *'mount -t 9p'* | kill*) exit 0 ;;
esac
${action}
`;
  for (const [name, script] of Object.entries({ ssh, ...options.programs })) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}`);
    chmodSync(join(bin, name), 0o755);
  }
  return await makeLab({
    scenario: {},
    ...options,
    env: { ...options.env, PATH: `${bin}:${process.env['PATH']}` },
  });
}

/** What is left of the copies of `utopia run`: folders and processes. */
export function remainsOfCopies(lab: Lab): {
  readonly files: readonly string[];
  readonly processes: readonly number[];
} {
  const { HOME = '', XDG_RUNTIME_DIR = '' } = lab.env;
  const folders = [join(HOME, '.local/state/utopia/runs'), join(XDG_RUNTIME_DIR, 'utopia/runs')];
  return {
    files: folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : [])),
    processes: lab.processes(),
  };
}
