import type { GuestFile } from './files.ts';

/** One rule for every network card, whatever its name: ask by DHCP. */
export const networkFiles: readonly GuestFile[] = [
  {
    path: '/etc/systemd/network/80-utopia.network',
    content: `[Match]
Type=ether

[Network]
DHCP=ipv4
IPv6AcceptRA=no
LinkLocalAddressing=no

[DHCPv4]
# No probing for the address after the lease, no waiting for a second server.
SendDecline=no
UseMTU=yes
`,
  },
];
