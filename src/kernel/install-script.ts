import { quoteForShell } from '../text/shell-words.ts';
import { trialMarks } from './grub-trial.ts';
import { guestPath } from './guest-kernels.ts';

/** A folder for what is under way, on the file system of the modules, and one on that of /boot. */
const work = '/lib/modules/.utopia-install';
const bootWork = '/boot/.utopia-install';
const grubDraft = '/boot/grub/grub.cfg.utopia';
const environmentFile = '/boot/grub/grubenv';
/** Read after every other file of that folder. */
const dropIn = '/etc/default/grub.d/zz-utopia-default.cfg';
const fileNames = 'vmlinuz System.map config initrd.img';

/** Variable of grub's environment: the version that was the default before. */
export const previousVariable = 'utopia_previous';

/**
 * Puts back what an install has put somewhere and not finished: of this one, or of one that was
 * killed. A guest without one is left as it is.
 */
const undo = `${guestPath}
work=${work} boot=${bootWork}
undo() {
  if [ -s $work/version ]; then
    version=$(cat $work/version)
    if [ -e $work/placing ]; then
      rm -rf "/lib/modules/$version"
      [ -e $work/old ] && mv $work/old "/lib/modules/$version"
      for name in ${fileNames}; do
        rm -f "/boot/$name-$version"
        [ -e $boot/old-$name ] && mv -f $boot/old-$name "/boot/$name-$version"
      done
      [ -e "/boot/initrd.img-$version" ] || rm -f "/var/lib/initramfs-tools/$version"
    fi
    [ -e $work/drop-in ] && rm -f ${dropIn}
  fi
  rm -rf $work $boot ${grubDraft} ${grubDraft}.new
  sync
}`;

/** Ends an install that is under way, which tidies up by itself, and puts back what one that was killed has left. */
const stopOther = `identify() { echo "$1 $(cut -d ' ' -f 22 "/proc/$1/stat" 2>/dev/null) $(cat /proc/sys/kernel/random/boot_id)"; }
if [ -s $work/process ]; then
  read -r pid rest <$work/process
  if [ "$(identify "$pid")" = "$(cat $work/process)" ]; then
    kill -TERM -- "-$pid" "$pid" 2>/dev/null
    for tick in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      [ -d "/proc/$pid" ] || break
      sleep 0.5
    done
  fi
fi`;

/** For root's shell: leaves nothing of an install that has not come to its end. Says `utopia: undone`. */
export const undoScript = `${undo}
${stopOther}
undo
echo 'utopia: undone'`;

/** What an install puts into a guest. */
export interface PlacedKernel {
  readonly version: string;
  /** It takes an initramfs, and the guest can make one. */
  readonly initramfs: boolean;
  /** update-grub is to be told to have the default in grub's environment. */
  readonly saveDefault: boolean;
}

/**
 * For root's shell: reads a tar archive (`packKernel`) from its input, and puts the kernel's files in
 * their places under draft names first. grub's menu is written as a draft, which it prints behind
 * `@config`; nothing boots otherwise than before. Whatever fails leaves the guest as it was.
 */
export function placeScript({ version, initramfs, saveDefault }: PlacedKernel): string {
  return `${undo}
umask 022
${stopOther}
undo
set -e
mkdir -p /lib/modules
mkdir $work $boot
identify $$ >$work/process
echo ${version} >$work/version
trap 'status=$?; [ "$status" = 0 ] || { set +e; undo; }; exit $status' EXIT
trap 'exit 130' HUP INT TERM
trap '' PIPE
echo '@step files'
tar -xf - -C $work --no-same-owner
for name in vmlinuz System.map config; do
  if [ -e $work/boot/$name ]; then cp $work/boot/$name $boot/new-$name; chmod 644 $boot/new-$name; fi
done
mkdir -p $work/modules
chmod 755 $work/modules
sync
touch $work/placing
for name in ${fileNames}; do
  if [ -e /boot/$name-${version} ]; then mv /boot/$name-${version} $boot/old-$name; fi
done
if [ -e /lib/modules/${version} ]; then mv /lib/modules/${version} $work/old; fi
mv $work/modules /lib/modules/${version}
for name in vmlinuz System.map config; do
  if [ -e $boot/new-$name ]; then mv $boot/new-$name /boot/$name-${version}; fi
done
echo '@step modules'
depmod ${version}
${initramfs ? `echo '@step initramfs'\nrm -f /var/lib/initramfs-tools/${version}\nupdate-initramfs -c -k ${version} >&2\n[ -s /boot/initrd.img-${version} ]` : ''}
${saveDefault ? saveDefaultText(`[ -e ${dropIn} ] || touch $work/drop-in`) : ''}
${draftMenu}
sync
trap - EXIT
echo '@config'
head -c 600000 ${grubDraft}`;
}

/** Has update-grub take the default from grub's environment. */
function saveDefaultText(before: string): string {
  return `${before}
mkdir -p /etc/default/grub.d
printf '%s\\n' '# utopia kernel: the default stands in /boot/grub/grubenv (saved_entry).' GRUB_DEFAULT=saved >${dropIn}`;
}

const draftMenu = `echo '@step menu'
grub-mkconfig -o ${grubDraft} >&2
[ -s ${grubDraft} ]`;

/** Variables to set in grub's environment. */
export type GrubVariables = Readonly<Record<string, string>>;

function setVariables(variables: GrubVariables): string {
  const words = Object.entries(variables).map(([name, value]) => quoteForShell(`${name}=${value}`));
  return words.length === 0
    ? ':'
    : `[ -s ${environmentFile} ] || grub-editenv ${environmentFile} create
grub-editenv ${environmentFile} set ${words.join(' ')}`;
}

/** A half-written menu boots nothing: it is on the disk before it takes the place of the old one. */
const replaceMenu = `if command -v grub-script-check >/dev/null; then grub-script-check ${grubDraft}; fi
sync
mv -f ${grubDraft} /boot/grub/grub.cfg
sync`;

/**
 * For root's shell: adds what its input has to the drafted menu, and puts that in its place.
 * `before` is set in grub's environment before that, `after` when it stands. With that the install is done:
 * what the new files have replaced goes. Says `utopia: done`.
 */
export function commitScript(before: GrubVariables, after: GrubVariables): string {
  return `${guestPath}
set -e
cat >>${grubDraft}
${setVariables(before)}
${replaceMenu}
rm -rf ${work} ${bootWork}
${setVariables(after)}
sync
echo 'utopia: done'`;
}

/**
 * For root's shell: forgets the entry that was booted once, and takes it off the menu; then sets
 * `variables`. `calm`: a kernel that was told to reboot after a panic is not any more. Says `utopia: done`.
 */
export function settleScript(variables: GrubVariables, calm: boolean): string {
  return `${guestPath}
set -e
grub-editenv ${environmentFile} unset next_entry
sed '/^${trialMarks[0]}$/,/^${trialMarks[1]}$/d' /boot/grub/grub.cfg >${grubDraft}
[ -s ${grubDraft} ]
chmod --reference=/boot/grub/grub.cfg ${grubDraft}
${setVariables(variables)}
${replaceMenu}
${calm ? '[ ! -e /proc/sys/kernel/panic ] || echo 0 >/proc/sys/kernel/panic' : ''}
echo 'utopia: done'`;
}

/** For root's shell: the next boot is the default's again, whatever becomes of the rest. Says `utopia: done`. */
export const forgetOneShotScript = `${guestPath}
grub-editenv ${environmentFile} unset next_entry && sync && echo 'utopia: done'`;

/** For root's shell: drafts a menu whose default stands in grub's environment, and prints it behind `@config`. */
export function draftMenuScript(saveDefault: boolean): string {
  return `${guestPath}
set -e
${saveDefault ? saveDefaultText(':') : ''}
${draftMenu}
echo '@config'
head -c 600000 ${grubDraft}`;
}

/** For root's shell: puts the drafted menu in its place, and sets `variables` before. Says `utopia: done`. */
export function takeMenuScript(variables: GrubVariables): string {
  return `${guestPath}
set -e
${setVariables(variables)}
${replaceMenu}
echo 'utopia: done'`;
}

/** For root's shell: sets variables of grub's environment. Says `utopia: done`. */
export function setVariablesScript(variables: GrubVariables): string {
  return `${guestPath}
set -e
${setVariables(variables)}
sync
echo 'utopia: done'`;
}

/** For root's shell: takes a version's files away, and its entry off the menu. Says `utopia: done`. */
export function removeScript(version: string): string {
  return `${guestPath}
set -e
if command -v update-initramfs >/dev/null; then update-initramfs -d -k ${version} >/dev/null 2>&1 || :; fi
for name in ${fileNames}; do rm -f /boot/$name-${version}; done
rm -rf /lib/modules/${version}
rm -f /var/lib/initramfs-tools/${version}
${draftMenu}
${replaceMenu}
echo 'utopia: done'`;
}
