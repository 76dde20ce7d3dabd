/**
 * Shell text that runs what KUnit has in a guest, as root: what the suites of the kernel itself
 * came to when it booted goes to stdout, as /sys/kernel/debug/kunit keeps it; then every module of
 * the kernel that needs kunit is inserted, which runs its suites, and the kernel's log of that time
 * goes to stderr, in the form of a module's trial (module/test-report.ts). `mark` begins each
 * line of ours. Ends with 0; with 3 where the kernel has no KUnit. Pure.
 */
export function kunitScript(mark: string): string {
  return [
    'exec 3>&2 2>&1',
    `say() { printf '%s %s\\n' ${mark} "$*" >&3; }`,
    'set -- /sys/kernel/debug/*; [ -e "$1" ] || mount -t debugfs none /sys/kernel/debug 2>/dev/null',
    // Without it, a kernel that has it built in has its folder.
    'modprobe -q kunit || [ -d /sys/kernel/debug/kunit ] || exit 3',
    'cat /sys/kernel/debug/kunit/*/results 2>/dev/null',
    `echo "utopia: ${mark}" >/dev/kmsg`,
    'dmesg -W >&3 2>/dev/null & follow=$!',
    // What the kernel says before dmesg has opened its log would be lost to a run that breaks off.
    'follows() { for each in /proc/$follow/fd/*; do [ "$each" -ef /dev/kmsg ] && return; done; false; }',
    'tries=0; until follows || [ $tries -ge 1000 ]; do tries=$((tries + 1)); done',
    'say phase test',
    'cd "/lib/modules/$(uname -r)" || exit 3',
    // modules.dep names each module, and behind it what it needs.
    `sed -n 's|^\\([^:]*\\):.*/kunit\\.ko.*|\\1|p' modules.dep | while read -r each; do`,
    '  name=${each##*/}; modprobe "${name%%.ko*}" >&3 2>&1',
    'done',
    'kill $follow 2>/dev/null',
    'say log; dmesg >&3; say end',
    'exit 0',
  ].join('\n');
}
