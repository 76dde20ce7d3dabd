/** One way to keep a host with a good KVM from using it, or to make it look so. */
export interface Breakage {
  /** What is broken, as a row of the table in docs/doctor.md. */
  readonly name: string;
  /** A shell script that root runs on a good host. */
  readonly make: string;
  /** The user's login is from before this second script, which root runs. */
  readonly makeAfterLogin?: string;
  /** The check that names the cause; undefined for a state in which KVM works all the same. */
  readonly finding: { readonly id: string; readonly cause: string } | undefined;
  readonly accel: 'kvm' | 'tcg' | 'none';
  /** Names of the fixes that mend it, in order; none where there is nothing for root to do. */
  readonly fixed: readonly string[];
  /** It counts only in a new login. */
  readonly relogin?: boolean;
  /** What root does where no fix undoes it. */
  readonly undo?: string;
}

const unload = 'modprobe -r kvm_amd';
const outside = 'gpasswd -d user kvm';
const inside = 'gpasswd -a user kvm';

/** Takes a package away into a source of packages on the guest's own disk: no network is needed to get it back. */
function keepPackage(name: string): string {
  return `set -e
mkdir -p /var/lib/packages/tree/DEBIAN; cd /var/lib/packages
dpkg -L ${name} | while read -r path; do test -d "$path" || echo "$path"; done |
  tar -cf - -T - 2>/dev/null | tar -xf - -C tree
dpkg -s ${name} | grep -v '^Status:' > tree/DEBIAN/control
dpkg-deb -Znone -b tree ${name}.deb
{ cat tree/DEBIAN/control; echo "Filename: ./${name}.deb"; echo "Size: $(stat -c %s ${name}.deb)"
  echo "SHA256: $(sha256sum ${name}.deb | cut -d' ' -f1)"; } > Packages
echo 'deb [trusted=yes] file:/var/lib/packages ./' > /etc/apt/sources.list
dpkg -r --force-depends ${name}`;
}

/** States of one host, each made from the good one. */
export const breakages: readonly Breakage[] = [
  {
    name: 'module unloaded',
    make: unload,
    finding: { id: 'kmod.loaded', cause: 'module-not-loaded' },
    accel: 'tcg',
    fixed: ['module'],
  },
  {
    name: 'module switched off in modprobe.d',
    make: `${unload}
printf 'blacklist kvm_amd\\ninstall kvm_amd /bin/false\\n' > /etc/modprobe.d/virtualbox.conf`,
    finding: { id: 'kmod.blacklist', cause: 'blacklisted' },
    accel: 'tcg',
    fixed: ['blacklist', 'module'],
  },
  {
    name: 'device node without a module (mknod, 0666)',
    make: `${unload}; mknod -m 0666 /dev/kvm c 10 232`,
    finding: { id: 'kvm.access', cause: 'static-node' },
    accel: 'tcg',
    fixed: ['module'],
  },
  {
    name: 'plain file at /dev/kvm (0666), no module',
    make: `${unload}; rm -f /dev/kvm; touch /dev/kvm; chmod 0666 /dev/kvm`,
    finding: { id: 'kvm.device', cause: 'wrong-type' },
    accel: 'tcg',
    fixed: ['module', 'node'],
  },
  {
    name: 'plain file at /dev/kvm, module loaded',
    make: 'rm /dev/kvm; touch /dev/kvm; chmod 0666 /dev/kvm',
    finding: { id: 'kvm.device', cause: 'wrong-type' },
    accel: 'tcg',
    fixed: ['node'],
  },
  {
    name: 'no device, module loaded',
    make: 'rm /dev/kvm',
    finding: { id: 'kvm.device', cause: 'no-device' },
    accel: 'tcg',
    fixed: ['node'],
  },
  {
    name: 'device 0600 root:root, rule there',
    make: 'chown root:root /dev/kvm; chmod 0600 /dev/kvm',
    finding: { id: 'kvm.udev', cause: 'rule-not-applied' },
    accel: 'tcg',
    fixed: ['rule'],
  },
  {
    name: 'device 0600 root:root, no udev rule',
    make: `grep -v 'KERNEL=="kvm"' /lib/udev/rules.d/50-udev-default.rules > /etc/udev/rules.d/50-udev-default.rules
grep -v 'KERNEL=="kvm"' /lib/udev/rules.d/70-uaccess.rules > /etc/udev/rules.d/70-uaccess.rules
udevadm control --reload
${unload}; modprobe kvm_amd; udevadm settle; stat -c '%a %U:%G' /dev/kvm`,
    finding: { id: 'kvm.udev', cause: 'no-rule' },
    accel: 'tcg',
    fixed: ['rule'],
    undo: `rm /etc/udev/rules.d/50-udev-default.rules /etc/udev/rules.d/70-uaccess.rules
udevadm control --reload`,
  },
  {
    name: 'user outside the group',
    make: outside,
    finding: { id: 'kvm.group', cause: 'not-in-group' },
    accel: 'tcg',
    fixed: ['membership'],
    relogin: true,
  },
  {
    name: 'user outside the group, device 0666 by a rule',
    make: `${outside}
echo 'KERNEL=="kvm", GROUP="kvm", MODE="0666"' > /etc/udev/rules.d/70-everybody.rules
udevadm control --reload; udevadm trigger --action=add --sysname-match=kvm; udevadm settle`,
    finding: undefined,
    accel: 'kvm',
    fixed: [],
    undo: `rm /etc/udev/rules.d/70-everybody.rules; ${inside}
udevadm control --reload; udevadm trigger --action=add --sysname-match=kvm; udevadm settle`,
  },
  {
    name: 'in the group, login from before',
    make: outside,
    makeAfterLogin: inside,
    finding: { id: 'kvm.session', cause: 'session-lacks-group' },
    accel: 'tcg',
    fixed: [],
    relogin: true,
  },
  {
    name: 'no group kvm',
    make: 'groupdel kvm',
    finding: { id: 'kvm.group', cause: 'no-group' },
    accel: 'tcg',
    fixed: ['group', 'membership'],
    relogin: true,
  },
  {
    name: 'no QEMU',
    make: keepPackage('qemu-system-x86'),
    finding: { id: 'qemu.binary', cause: 'qemu-missing' },
    accel: 'none',
    fixed: ['packages'],
  },
  {
    name: 'SSH port taken by another program',
    make: `systemd-run --quiet --unit=holder /usr/local/bin/node -e 'net.createServer().listen(22223)'
until ss -ltn | grep -q ':22223 '; do sleep 0.2; done`,
    finding: { id: 'net.ports', cause: 'port-busy' },
    accel: 'kvm',
    fixed: ['settings'],
    undo: 'systemctl stop holder; rm /home/user/utopia.config',
  },
];
