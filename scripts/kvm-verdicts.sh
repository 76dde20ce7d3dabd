#!/bin/sh
# What others say of KVM on this host, for this user, and what is true of it:
#   sh scripts/kvm-verdicts.sh KERNEL INITRAMFS [SECONDS]
# prints a line each for `kvm-ok`, `virt-host-validate`, `utopia` and `linux-boots`,
# with yes, no, or "absent" for a program that is not installed. `linux-boots` starts
# a tiny Linux (test/support/tiny-linux.ts) with -accel kvm and waits for its last words.
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C.UTF-8
kernel=$1 initramfs=$2 seconds=${3:-60}

say() { # NAME PROGRAM FUNCTION
  if ! command -v "$2" >/dev/null; then echo "$1 absent"
  elif "$3"; then echo "$1 yes"
  else echo "$1 no"; fi
}

kvm_ok() { kvm-ok >/dev/null 2>&1; }

# Its status also counts what only libvirt needs (cgroups, IOMMU, secure guests).
validate() {
  answers=$(virt-host-validate qemu 2>&1 | grep -E 'hardware virtualization|/dev/kvm')
  echo "$answers" | grep -qE 'FAIL|WARN' && return 1
  echo "$answers" | grep -q '/dev/kvm.*PASS'
}

utopia_says() { utopia doctor --json | grep -q '"accel": "kvm"'; }

linux_boots() {
  console=$(mktemp)
  # As utopia would: the host's processor, and an older model where that one aborts.
  for model in host qemu64; do
    timeout -s KILL "$seconds" qemu-system-x86_64 -nodefaults -no-user-config -display none \
      -no-reboot -accel kvm -cpu "$model" -m 256 -kernel "$kernel" -initrd "$initramfs" \
      -append 'console=ttyS0 quiet rdinit=/tiny-init' -serial "file:$console" >/dev/null 2>&1
    if grep -q 'tiny Linux is up' "$console"; then rm "$console"; return 0; fi
  done
  rm "$console"
  return 1
}

say kvm-ok kvm-ok kvm_ok
say virt-host-validate virt-host-validate validate
say utopia utopia utopia_says
if command -v qemu-system-x86_64 >/dev/null; then say linux-boots qemu-system-x86_64 linux_boots
else echo 'linux-boots no'; fi
