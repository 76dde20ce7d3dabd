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
    // From its start, which the mark is behind: what is said before -W is ready would be lost.
    'dmesg -w >&3 2>/dev/null & follow=$!',
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
