import { quoteWord } from './ssh-argv.ts';
import { installKeyCommand } from './ssh-key.ts';

const folder = '/etc/ssh/sshd_config.d';
/** Read before every other file of the folder, and so the one that counts (sshd_config(5): the first value). */
const dropIn = `${folder}/00-utopia-login.conf`;
const mainFile = '/etc/ssh/sshd_config';
/** Around the lines that we put into sshd's own file: older ones take no comment behind a value. */
const marks = ['# utopia login: begin', '# utopia login: end'] as const;

/**
 * Settings for every connection. `Match all` stands there too, since a Match block of the guest's own
 * would count more than what stands before it; it ends with the file (sshd_config(5), Include).
 * ChallengeResponseAuthentication is the name before OpenSSH 8.7.
 */
const setting = [
  '# utopia login key: nobody comes in over SSH with a password. utopia login password undoes it.',
  'PubkeyAuthentication yes',
  'PasswordAuthentication no',
  'KbdInteractiveAuthentication no',
  'ChallengeResponseAuthentication no',
  'Match all',
  '  PubkeyAuthentication yes',
  '  PasswordAuthentication no',
  '  KbdInteractiveAuthentication no',
];

/** The same without a Match block, for an sshd that knows no Include (before OpenSSH 8.2). */
const plainSetting = setting.slice(1, 5);

/** Finds sshd, and asks it what it would do with a login from the host (10.0.2.2 in user networking). */
const common = [
  'PATH=$PATH:/usr/sbin:/usr/local/sbin:/sbin',
  'mkdir -p /run/sshd 2>/dev/null',
  `ask() { sshd -T -C "user=$1,host=localhost,addr=$2" 2>/dev/null; }`,
  // What does not depend on who comes from where is asked once: each sshd is a second under emulation.
  'conditional() {',
  `  grep -Ehv '^[[:space:]]*(#|$)' ${mainFile} ${folder}/*.conf 2>/dev/null |`,
  `    grep -Eixv '[[:space:]]*(match[[:space:]]+all|include[[:space:]]+${folder}/(\\*|00-utopia-login)\\.conf)[[:space:]]*' |`,
  "    grep -Eiq 'match|include'",
  '}',
  'closed() {',
  '  if ! conditional; then ask root 10.0.2.2 | shut; return; fi',
  '  for account in root user nobody; do for address in 10.0.2.2 127.0.0.1; do',
  '    ask $account $address | shut || return 1',
  '  done; done',
  '}',
  // Each line is a lower-case keyword and its value; without any, nothing is certain.
  'shut() {',
  '  passwords= keys=',
  '  while read -r name value; do case "$name $value" in',
  "    'passwordauthentication no') passwords=no ;;",
  "    'pubkeyauthentication yes') keys=yes ;;",
  "    'kbdinteractiveauthentication no' | 'challengeresponseauthentication no') ;;",
  "    'passwordauthentication '* | 'kbdinteractiveauthentication '* | 'challengeresponseauthentication '*) return 1 ;;",
  '  esac; done',
  '  [ "$passwords$keys" = noyes ]',
  '}',
  'reread() {',
  // Its settings have just been tried: no need for a reload that does so again.
  '  for file in /run/sshd.pid /var/run/sshd.pid; do',
  '    [ -s $file ] || continue',
  '    pid=$(cat $file)',
  '    case $(readlink "/proc/$pid/exe") in */sshd) kill -HUP "$pid" && return ;; esac',
  '  done',
  '  if [ -d /run/systemd/system ]; then systemctl reload ssh 2>/dev/null || systemctl reload sshd 2>/dev/null; fi',
  '}',
  // Whoever kills the machine now must not find the old setting on its disk.
  'settle() { sync -f /etc/ssh 2>/dev/null || sync; }',
  'undo() {',
  `  rm -f ${dropIn}`,
  `  if grep -qx '${marks[0]}' ${mainFile} 2>/dev/null; then`,
  `    sed '/^${marks[0]}$/,/^${marks[1]}$/d' ${mainFile} >${mainFile}.utopia && put`,
  '  fi',
  '}',
  // Into the file that is there: its owner and mode stay.
  `put() { cat ${mainFile}.utopia >${mainFile}; rm -f ${mainFile}.utopia; }`,
  `lead() { { echo '${marks[0]}'; cat; echo '${marks[1]}'; cat ${mainFile}; } >${mainFile}.utopia && put; }`,
];

/**
 * Shell text that gives root and user our key, and has sshd take no passwords. It says
 * `utopia-login: done`, or `utopia-login: refused WHY` and leaves the guest as it was.
 */
export function keysScript(publicKey: string): string {
  const install = installKeyCommand(publicKey);
  return [
    ...common,
    'refuse() { undo; reread; settle; echo "utopia-login: refused $1"; exit 0; }',
    'command -v sshd >/dev/null || { echo "utopia-login: refused it has no sshd that could be asked"; exit 0; }',
    `(${install}) || refuse 'root has no place for a key'`,
    'if id user >/dev/null 2>&1; then',
    `  if su -s /bin/sh user -c ${quoteWord(install)} </dev/null; then echo 'utopia-login: has user'; fi`,
    'fi',
    `if [ ! -e ${dropIn} ] || ! closed; then`,
    '  undo',
    `  mkdir -p ${folder}`,
    `  printf '%s\\n' ${setting.map(quoteWord).join(' ')} >${dropIn}`,
    `  chmod 644 ${dropIn}`,
    // An image without the Include line, or with one further down.
    `  closed || { echo 'Include ${dropIn}' | lead; closed; } ||`,
    `    { undo; printf '%s\\n' ${plainSetting.map(quoteWord).join(' ')} | lead; closed; } ||`,
    "    refuse 'its sshd has other settings for passwords'",
    'fi',
    'reread',
    'settle',
    "echo 'utopia-login: done'",
  ].join('\n');
}

/** Shell text that takes the setting away again; says `utopia-login: done`. The keys stay. */
export const passwordsScript = [
  ...common,
  'undo',
  'reread',
  'settle',
  "echo 'utopia-login: done'",
].join('\n');
