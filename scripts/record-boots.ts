// Records fixtures/logs/console/boot-*.txt: breaks a guest in one way, boots it
// again, keeps what its console said and prints what `up` made of it.
// Usage: tsx scripts/record-boots.ts [NAME…]
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { crashImage, builtModules } from '../test/support/crash-image.ts';
import { makeLab } from '../test/support/lab.ts';

const folder = join(import.meta.dirname, '../fixtures/logs/console');

/** How a guest is broken: typed in it as root. */
const breakages: Readonly<Record<string, string>> = {
  'ssh-broken': 'echo Nonsense yes >> /etc/ssh/sshd_config',
  'network-dead': 'rm /etc/systemd/network/80-utopia.network',
  'init-gone': 'mv /sbin/init /sbin/init.away',
  'init-ends': "rm /sbin/init; printf '#!/bin/sh\\nexit 1\\n' > /sbin/init; chmod +x /sbin/init",
  'root-wrong': "sed -i 's|root=/dev/vda1|root=/dev/vdb1|' /boot/grub/grub.cfg",
  'module-panic': `echo kernel.panic_on_oops=1 > /etc/sysctl.d/99-x.conf; cp ${builtModules}/null_read.ko /lib/modules/$(uname -r)/; depmod; printf '[Unit]\\nAfter=systemd-sysctl.service\\n[Service]\\nType=oneshot\\nExecStart=/sbin/modprobe null_read\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/lab.service; systemctl -q enable lab; systemctl mask ssh`,
};

const wanted = process.argv.slice(2);
const image = await crashImage();
for (const [name, command] of Object.entries(breakages)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  await using lab = await makeLab({ backing: image });
  const first = await lab.run('up', '--detach', '--yes');
  if (first.status !== 0) throw new Error(first.stderr);
  const broken = await lab.run('ssh', '--', `${command}; sync`);
  if (broken.status !== 0) throw new Error(broken.stderr);
  await lab.run('down', '--timeout', '20');
  const { status, stderr } = await lab.run('up', '--detach', '--timeout', '150', '--stall', '25');
  copyFileSync(lab.paths().consoleLog, join(folder, `boot-${name}.txt`));
  console.log(`## ${name}: ${status}\n${stderr}`);
  console.log((await lab.run('oops')).stdout);
}
