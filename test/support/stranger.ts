import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another user of this host, who looks for ways into guests for as long as he is there. */
export interface Stranger extends AsyncDisposable {
  /** Addresses of loopback that he connected to, as the kernel writes them. */
  connections(): string[];
  /** What came back on those connections. */
  heard(): string[];
  /** Logins with root/root that went through. */
  logins(): string[];
}

/** A user id that no account of a test host has. */
const uid = 54_003;

/**
 * Connects to every TCP listener of loopback that comes up, as soon as the kernel's table
 * shows it: no sleep between two looks. Where a server answers, he tries to log in as root/root.
 */
const program = String.raw`
use strict; use warnings; use Socket;
my ($folder) = @ARGV;
$| = 1;
sub note { open(my $f, '>>', "$folder/$_[0]") or die; print $f "$_[1]\n"; close $f }
sub listeners {
  open(my $f, '<', '/proc/net/tcp') or die;
  my %found;
  while (<$f>) {
    $found{$1} = 1 if /^\s*\d+: ([0-9A-F]{6}7F:[0-9A-F]{4}) 00000000:0000 0A /;
  }
  return %found;
}
my %old = listeners();
my @open;
note('ready', 'yes');
my $end = time + 600;
while (time < $end and getppid() != 1) {
  my %now = listeners();
  for my $where (keys %now) {
    next if $old{$where};
    my ($host, $port) = split /:/, $where;
    my $address = join '.', map { hex } reverse($host =~ /../g);
    socket(my $s, PF_INET, SOCK_STREAM, 0) or die;
    if (connect($s, sockaddr_in(hex $port, inet_aton($address)))) {
      note('connections', $where);
      push @open, [$s, $address, hex $port, $where];
    }
  }
  %old = %now;
  my $bits = '';
  vec($bits, fileno($_->[0]), 1) = 1 for @open;
  next unless @open and select(my $ready = $bits, undef, undef, 0);
  my @rest;
  for my $each (@open) {
    my ($s, $address, $port, $where) = @$each;
    if (!vec($ready, fileno($s), 1)) { push @rest, $each; next }
    my $got = sysread($s, my $bytes, 4096);
    # Ended, while the guest boots: he comes again as long as somebody listens.
    if (!$got) { delete $old{$where}; next }
    note('heard', $bytes =~ s/[^ -~]+/ /gr);
    system('setsid', '-w', 'ssh', '-F', '/dev/null', '-p', $port, '-o', 'StrictHostKeyChecking=no',
      '-o', "UserKnownHostsFile=$folder/known_hosts", '-o', 'PubkeyAuthentication=no',
      '-o', 'NumberOfPasswordPrompts=1', '-o', 'ConnectTimeout=30', '-o', 'LogLevel=ERROR',
      "root\@$address", 'true') == 0 and note('logins', "$address:$port");
  }
  @open = @rest;
}
`;

/**
 * Sends a stranger to look around; his files are in `folder`, which he must be able to reach. `within` is
 * the command that leads into the network to look at: that of a test, which has no others' machines in it.
 */
export async function meetStranger(folder: string, within: readonly string[]): Promise<Stranger> {
  const home = join(folder, 'stranger');
  mkdirSync(home);
  writeFileSync(join(home, 'askpass'), '#!/bin/sh\necho root\n');
  writeFileSync(join(home, 'look-around.pl'), program);
  chmodSync(join(home, 'askpass'), 0o755);
  chownSync(home, uid, uid);
  const who = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];
  const look = ['setpriv', ...who, 'perl', join(home, 'look-around.pl'), home];
  const [command = '', ...words] = [...within, ...look];
  const child = spawn(command, words, {
    cwd: '/',
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      SSH_ASKPASS: join(home, 'askpass'),
      SSH_ASKPASS_REQUIRE: 'force',
      DISPLAY: ':0',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = once(child, 'exit');
  const read = (name: string): string[] =>
    existsSync(join(home, name)) ? readFileSync(join(home, name), 'utf8').trim().split('\n') : [];
  while (read('ready').length === 0) {
    if (child.exitCode !== null) throw new Error('the stranger cannot look around');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    connections: () => read('connections'),
    heard: () => read('heard'),
    logins: () => read('logins'),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
