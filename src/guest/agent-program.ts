/** Name of the virtio-serial port: the guest's /dev/virtio-ports/NAME. */
export const agentPortName = 'org.utopia.agent';

/**
 * The agent: a Perl program (perl-base, which is in every Debian) that is started
 * before a machine's state is saved, and waits at its port when the state is
 * restored. It sets the clock, runs one shell text at a time in a process group of
 * its own, and passes its streams. Numbers of system calls are those of x86-64;
 * 227 is clock_settime, 165 mount, 162 sync. RNDRESEEDCRNG (0x5207) and /dev/urandom: random(4).
 */
export const agentProgram = String.raw`use strict; use warnings; use POSIX ();
my $port;
if ($ARGV[0] =~ /^&(\d+)$/) { open($port, '+<&=', $1) or die "fd: $!" }
else { sysopen($port, $ARGV[0], 2) or die "$ARGV[0]: $!" }
binmode $port;
$SIG{PIPE} = 'IGNORE';
my $buffer = '';
my $socket = -S $port;
sub fill {
  my $count = sysread($port, $buffer, 65536, length $buffer);
  return if $count || (!defined $count && $!{EINTR});
  # A port without a host reads as if it had ended; a socket has.
  exit 0 if $socket;
  select(undef, undef, undef, 0.01);
}
sub take {
  return if length $buffer < 5;
  my ($type, $length) = unpack('aN', $buffer);
  return if length $buffer < 5 + $length;
  my $payload = substr($buffer, 5, $length);
  substr($buffer, 0, 5 + $length, '');
  return ($type, $payload);
}
sub say_frame {
  my ($type, $payload) = @_;
  my $out = $type . pack('N', length $payload) . $payload;
  while (length $out) {
    my $count = syswrite($port, $out);
    if (defined $count) { substr($out, 0, $count, '') }
    elsif (!$!{EINTR} && !$!{EAGAIN}) { return }
  }
}
sub greet {
  my ($seconds, $nanoseconds, $random) = split ' ', $_[0];
  syscall(227, 0, pack('qq', $seconds, $nanoseconds)) if $seconds;
  if ($random && open(my $pool, '+<', '/dev/urandom')) {
    syswrite($pool, pack('H*', $random));
    ioctl($pool, 0x5207, 0);
  }
  say_frame('R', '1');
}
# Without mkdir(1) and mount(8): each program costs an emulated guest a tenth of a second.
sub mount_share {
  my ($flags, $options, $folder) = split /\0/, $_[0];
  my $path = '';
  for (grep { length } split m{/}, $folder) { $path .= "/$_"; mkdir $path, 0755 unless -d $path }
  my ($source, $type) = ('shared', '9p');
  my $failed = syscall(165, $source, $folder, $type, 0 + $flags, $options) == -1;
  say_frame('T', "mount: $!\n") if $failed;
  say_frame('Q', $failed ? 1 : 0);
}
# A named pipe that somebody waits to read; 2049 is O_WRONLY | O_NONBLOCK, which fails without a reader.
my $pipe;
sub hold_pipe {
  for my $try (1 .. 500) {
    if (sysopen(my $file, $_[0], 2049)) { $pipe = $file; last }
    select(undef, undef, undef, 0.02);
  }
  say_frame('Q', $pipe ? 0 : 1);
}
# Each under another name first: a reader finds the old file, the new one, or none. On the disk
# before it is said: the host relies on it from then on. Who waits at the pipe gets the first one.
sub write_files {
  my @parts = split /\0/, $_[0], -1;
  my $first = $parts[2];
  while (my ($mode, $path, $text) = splice @parts, 0, 3) {
    my $new = "$path.new";
    umask 077;
    my $file;
    if (open($file, '>', $new) && print($file $text) && close($file) && chmod(oct $mode, $new) && rename($new, $path)) { next }
    say_frame('T', "$path: $!\n");
    return say_frame('Q', 1);
  }
  if ($pipe) { syswrite($pipe, $first); close $pipe; undef $pipe }
  syscall(162);
  say_frame('Q', 0);
}
sub finish {
  unlink split /\0/, $_[0];
  say_frame('Q', 0);
  syscall(162);
  exit 0;
}
sub run {
  my ($script) = @_;
  pipe(my $in_read, my $in) && pipe(my $out, my $out_write) && pipe(my $err, my $err_write) or die "pipe: $!";
  my $ended = 0;
  local $SIG{CHLD} = sub { $ended = 1 };
  my $pid = fork;
  die "fork: $!" unless defined $pid;
  if ($pid == 0) {
    POSIX::setsid();
    # A shell that starts something in the background lets it ignore SIGINT.
    POSIX::dup2(fileno $in_read, 0); POSIX::dup2(fileno $out_write, 1); POSIX::dup2(fileno $err_write, 2);
    POSIX::close($_) for 3 .. 63;
    $SIG{$_} = 'DEFAULT' for qw(PIPE CHLD INT QUIT HUP TERM);
    exec '/bin/sh', '-c', $script or POSIX::_exit(126);
  }
  close $_ for $in_read, $out_write, $err_write;
  fcntl($in, 4, 2048);
  my ($pending, $closing) = ('', 0);
  my %open = (O => $out, T => $err);
  my $status;
  while (1) {
    if (!defined $status && waitpid($pid, 1) == $pid) { $status = $? }
    while (my ($type, $payload) = take()) {
      if ($type eq 'I') { if ($in) { $pending .= $payload } else { say_frame('A', length $payload) } }
      elsif ($type eq 'E') { $closing = 1 }
      elsif ($type eq 'S') { kill(0 + $payload, -$pid) }
      elsif ($type eq 'H') { greet($payload) }
    }
    if ($in && $closing && !length $pending) { close $in; undef $in }
    my ($read, $write) = ('', '');
    vec($read, fileno $port, 1) = 1 unless defined $status;
    vec($read, fileno $_, 1) = 1 for values %open;
    vec($write, fileno $in, 1) = 1 if $in && length $pending;
    my $found = select($read, $write, undef, defined $status ? 0 : $ended ? 0.01 : 1);
    last if defined $status && $found <= 0;
    next if $found <= 0;
    for my $type (keys %open) {
      next unless vec($read, fileno $open{$type}, 1);
      my $count = sysread($open{$type}, my $chunk, 32768);
      if ($count) { say_frame($type, $chunk) }
      elsif (defined $count) { delete $open{$type} }
    }
    if ($in && length $pending && vec($write, fileno $in, 1)) {
      my $count = syswrite($in, $pending);
      if ($count) { substr($pending, 0, $count, ''); say_frame('A', $count) }
      elsif (!$!{EAGAIN} && !$!{EINTR}) { close $in; undef $in }
    }
    fill() if !defined $status && vec($read, fileno $port, 1);
    last if defined $status && !%open;
  }
  say_frame('Q', $status & 127 ? 128 + ($status & 127) : $status >> 8);
}
while (1) {
  my ($type, $payload) = take();
  if (!defined $type) { fill(); next }
  if ($type eq 'H') { greet($payload) }
  elsif ($type eq 'M') { mount_share($payload) }
  elsif ($type eq 'F') { hold_pipe($payload) }
  elsif ($type eq 'W') { write_files($payload) }
  elsif ($type eq 'X') { run($payload) }
  elsif ($type eq 'Z') { finish($payload) }
}
`;
