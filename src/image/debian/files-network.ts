import type { GuestFile } from './guest-file.ts';

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
UseMTU=yes
`,
  },
  {
    // systemd-networkd asks whether there is wireless; that would load a driver of a megabyte.
    path: '/etc/modprobe.d/utopia.conf',
    content: 'alias net-pf-16-proto-16-family-nl80211 off\n',
  },
];
