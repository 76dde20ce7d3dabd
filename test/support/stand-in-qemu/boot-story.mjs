// What a Debian guest says while it boots, as steps of a scenario.
export const bootStory = [
  { firmware: 'SeaBIOS (version 1.16.2-debian-1.16.2-1)\n' },
  { firmware: 'Booting from Hard Disk...\nBooting from 0000:7c00\n' },
  { afterMs: 20, console: 'GRUB loading.\r\nWelcome to GRUB!\r\n\r\n' },
  { console: "  Booting `Debian GNU/Linux'\r\n\r\nLoading Linux 6.1.0-56-amd64 ...\r\n" },
  { afterMs: 20, console: '[    0.000000] Linux version 6.1.0-56-amd64 (stand-in)\r\n' },
  { afterMs: 20, console: '[    2.000000] systemd[1]: systemd 252 running in system mode\r\n' },
  { console: '\r\nWelcome to \u001B[31mDebian GNU/Linux 12 (bookworm)\u001B[0m!\r\n\r\n' },
  {
    afterMs: 20,
    console: '[\u001B[0;32m  OK  \u001B[0m] Reached target network.target - Network.\r\n',
  },
  { afterMs: 20, console: '\r\nDebian GNU/Linux 12 lab ttyS0\r\n\r\nlab login: ' },
  { ssh: 'banner' },
];
