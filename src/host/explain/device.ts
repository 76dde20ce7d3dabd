import type { Explanation } from './cause-explanation.ts';

export const deviceExplanations: Readonly<Record<string, Explanation>> = {
  'kvm.device': {
    about: 'KVM is used through /dev/kvm, a character device with the numbers 10 and 232.',
    causes: {
      'no-device': {
        means: 'The module is loaded, and yet there is no /dev/kvm: somebody removed it.',
        fix: 'doctor --fix loads the module anew, which makes it.',
      },
      'no-device-in-container': {
        means: 'A container sees only the devices that it is given.',
        fix: 'On the host outside, in the way of what made it: docker run --device, podman run --group-add keep-groups, pct set --dev0 (Proxmox), lxc or incus config device add, systemd-nspawn --bind, flatpak override --device=kvm, runArgs of a development container, a device plugin of Kubernetes, the runner’s configuration in CI.',
      },
      'wrong-type': {
        means:
          'Something else stands there, most often a plain file that a program wrote while no module was loaded.',
        fix: 'doctor --fix moves it aside and lets the module make the device.',
      },
    },
  },
  'kvm.udev': {
    about:
      'udev gives the device to group kvm with mode 0660. Looked at only when the device is refused. Mode and owner are never changed by hand: that would not last.',
    causes: {
      'no-rule': {
        means:
          'The device is root’s alone, and no rule of udev’s says otherwise, or the last one that counts says just that.',
        fix: 'doctor --fix writes /etc/udev/rules.d/65-utopia-kvm.rules and has udev apply it.',
      },
      'rule-not-applied': {
        means:
          'A rule is there, but the device does not look like it: it came before the rule, or was changed by hand.',
        fix: 'doctor --fix has udev read its rules and apply them (udevadm control --reload, udevadm trigger).',
      },
      'no-udev': {
        means:
          'WSL without systemd runs no udev: the device is made anew at each start, as root’s.',
        fix: 'Below [boot] in /etc/wsl.conf: systemd=true, or command=chgrp kvm /dev/kvm && chmod 0660 /dev/kvm. Then wsl.exe --shutdown, in Windows or in here.',
      },
    },
  },
  'kvm.group': {
    about:
      'The account database has to list you in the group that owns the device, whatever that group is called, or have it as your primary group. What counts in this login is another check, kvm.session.',
    causes: {
      'not-in-group': {
        means: 'The device belongs to a group that you are not in.',
        fix: 'doctor --fix adds you (usermod -aG); log in again after that. In a CI job, run what needs KVM through sg.',
      },
      'no-group': {
        means: 'There is no group kvm, or the device’s group has no name here.',
        fix: 'doctor --fix makes the group, has udev give it the device, and adds you.',
      },
    },
  },
  'kvm.session': {
    about:
      'Groups are read at login and handed on from there. A login from before you were added has not got the group, nor has anything started by it: a lingering user manager, tmux, an editor’s server.',
    causes: {
      'session-lacks-group': {
        means: 'You are in the group, this login is not.',
        fix: "Log out and in. For one command at once: sg kvm -c 'utopia up', which utopia up offers by itself. If a new login does not help: loginctl terminate-user NAME ends what keeps the old groups, and every session with it. In a CI job, which gets no new login: sg. In a container the group is given from outside, by number; in LXC, systemd-nspawn and a chroot, which have logins of their own, a group of that number is made and joined in there.",
      },
      'group-not-mapped': {
        means:
          'The container has a user namespace of its own, and the device’s group is none of its ids: it shows as nobody’s (65534), as do those of your groups that were kept.',
        fix: 'Rootless Podman: --group-add keep-groups, with crun. LXC and systemd-nspawn: setfacl on the host, with the number that the user has there. Flatpak and bubblewrap keep your groups: join the device’s on the host. Distrobox: --annotation run.oci.keep_original_groups=1. Proxmox, LXD and Incus: gid= of the device. Rootless Docker and Toolbx hand no groups on: an ACL on the host, or work on the host.',
      },
    },
  },
  'kvm.access': {
    about:
      'The one test that counts: opening the device for reading and writing, as QEMU does. Mode bits, groups and ACLs only explain what comes out.',
    causes: {
      'static-node': {
        means:
          'The device is there, but no module behind it (ENODEV): udev makes it at boot so that opening it loads the module.',
        fix: 'doctor --fix loads the module and has it loaded at every boot.',
      },
      busy: {
        means: 'Another hypervisor holds it (EBUSY).',
        fix: 'Power off the virtual machine of the other hypervisor.',
      },
      'device-denied': {
        means:
          'It is refused although owner, mode and groups allow it: by a control group (a container, a service, a snap), SELinux, AppArmor or an ACL.',
        fix: 'In a container: allow the device there (lxc.cgroup2.devices.allow, or lxc.cgroup.devices.allow where control groups are of version 1; DeviceAllow=). In a snap: connect its plug kvm, or use a terminal outside of it. For a service: systemctl set-property UNIT DeviceAllow="/dev/kvm rw". Where its mode lets only its owner open it: utopia doctor --fix on the host outside. Else getfacl /dev/kvm and journalctl -k show who refuses.',
      },
    },
  },
  'kvm.works': {
    about:
      'A device that opens proves little. A guest of seven bytes is started with -accel kvm, and beside it one with -accel tcg. KVM has to let it end within a second, or within four times emulation’s time.',
    causes: {
      'msr-abort': {
        means:
          'QEMU aborts because KVM refuses a register (MSR). Hypervisors outside that nest halfway do this. The older CPU model qemu64 is tried as well.',
        fix: 'Labs run under emulation. A host with working virtualisation is faster.',
      },
      hang: {
        means: 'The virtual processor starts and gets nowhere.',
        fix: 'Labs run under emulation. A host with working virtualisation is faster.',
      },
      'too-slow': {
        means:
          'The guest runs, but more slowly than under emulation: every trap goes through a hypervisor outside.',
        fix: 'Labs run under emulation, which is faster here.',
      },
      busy: {
        means: 'Another hypervisor holds the processor extension.',
        fix: 'Power off its virtual machine (VirtualBox, VMware).',
      },
      'host-too-busy': {
        means:
          'The guest ended neither with KVM nor under emulation within the time: the host has too much else to do.',
        fix: 'Try again later. Such an outcome is not remembered.',
      },
      'canary-failed': {
        means: 'QEMU ended in another way; its last line is shown.',
        fix: 'Read that line. Labs run under emulation meanwhile.',
      },
    },
  },
};
