import type { GuestFile } from './guest-file.ts';

/**
 * The guest's clock. QEMU's hardware clock has whole seconds of the host's time, counted from when
 * QEMU was started, and Linux reads it once, to half a second: a guest came up to a second and a
 * half behind the host, and make in it took files of the share for files of the future. So it is
 * read again at the moment in which its second changes: the host is then at most a second ahead of
 * it, and the guest is set to that second. Sources: QEMU's hw/rtc/mc146818rtc.c,
 * rtc_set_date_from_host; Linux' drivers/rtc/class.c, rtc_hctosys.
 */
export const clockFiles: readonly GuestFile[] = [
  {
    path: '/etc/utopia/set-clock',
    mode: 0o755,
    // Perl, of which perl-base is in every Debian: hwclock is not. 159 is adjtimex(2), 227
    // clock_settime(2), 228 clock_gettime(2) of x86-64.
    content: String.raw`#!/usr/bin/perl
# Sets the clock forward to where the host's is at most, never back. A clock that is
# off by more was set on purpose, and one that is synchronised is left alone.
use strict; use warnings;
my $most = 2;
my $timex = "\0" x 208;
exit 0 if syscall(159, $timex) != 5;
sub hardware {
  open(my $file, '<', '/sys/class/rtc/rtc0/since_epoch') or exit 0;
  return 0 + readline $file;
}
sub clock_now {
  my $time = "\0" x 16;
  syscall(228, $_[0], $time) == 0 or die "clock_gettime: $!";
  my ($seconds, $nanoseconds) = unpack 'qq', $time;
  return $seconds + $nanoseconds / 1e9;
}
# The change of a second, seen between two looks; a busy host sees it late, and looks again.
my ($second, $seen, $late);
for my $try (1 .. 5) {
  my $start = clock_now(1);
  my ($before, $first) = ($start, hardware());
  while (1) {
    select(undef, undef, undef, 0.02);
    my $asked = clock_now(1);
    my $now = hardware();
    my $after = clock_now(1);
    exit 0 if $after - $start > 10;
    if ($now != $first) {
      my $between = $after - $before;
      ($second, $seen, $late) = ($now, $after, $between) if !defined $late || $between < $late;
      last;
    }
    $before = $asked;
  }
  last if $late < 0.1;
}
my $behind = $second + 1 + $late + clock_now(1) - $seen - clock_now(0);
if ($behind > 0 && $behind < $most) {
  my $time = clock_now(0) + $behind;
  syscall(227, 0, pack('qq', int $time, int(($time - int $time) * 1e9))) == 0 or die "clock_settime: $!";
  printf "set forward by %.3f s\n", $behind;
}
`,
  },
  {
    // Behind what SSH needs, but not behind all the rest: somebody may have come in by then.
    path: '/etc/systemd/system/utopia-clock.service',
    content: `[Unit]
Description=Clock of the host
DefaultDependencies=no
After=ssh.service utopia-network.service
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
ExecStart=-/etc/utopia/set-clock

[Install]
WantedBy=sysinit.target
`,
  },
  {
    // A clock of KVM's goes as the processor does, the host's as its network time says.
    path: '/etc/systemd/system/utopia-clock.timer',
    content: `[Unit]
Description=Clock of the host, looked at again

[Timer]
OnUnitInactiveSec=30min

[Install]
WantedBy=timers.target
`,
  },
];
