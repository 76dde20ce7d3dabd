import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { runChecks } from '../../../../src/host/assess.ts';
import { checks } from '../../../../src/host/checks/table.ts';
import { planFixes } from '../../../../src/host/fixes/plan-fixes.ts';
import { fixScript } from '../../../../src/host/fixes/script.ts';
import type { FixPlan } from '../../../../src/host/fixes/fix-unit.ts';
import { gatherHost } from '../../../../src/host/gather/host.ts';
import { openFixture } from '../../../../src/host/source/fixture-source.ts';
import { renderPlan } from '../../../../src/ui/fix.ts';
import { sampleLab } from '../sample-lab.ts';

const hosts = join(import.meta.dirname, '../../../../fixtures/hosts');

async function planFor(name: string, only: readonly string[] = []): Promise<FixPlan> {
  const source = await openFixture(join(hosts, name));
  const lab = sampleLab({ sshPort: Number(source.env['UTOPIA_SSH_PORT'] ?? 22_223) });
  const facts = await gatherHost(source, {
    config: lab.config,
    overlayFolder: '/home/alice/lab',
    signal: new AbortController().signal,
  });
  const results = runChecks(checks, { facts, lab, requireKvm: false });
  return planFixes(
    {
      facts,
      results: new Map(results.map((result) => [result.id, result])),
      suffix: 'copy',
      editSetting: ({ key, value }) => ({
        place: 'utopia.config',
        line: 1,
        commands: [{ argv: ['set', key, value], root: false, why: 'sets it' }],
      }),
    },
    new Set(only),
  );
}

function commandsOf({ units }: FixPlan): string[] {
  return units.flatMap(({ commands }) => commands.map(({ argv }) => argv.join(' ')));
}

describe.each(readdirSync(hosts))('%s', (name) => {
  it('has a script that a shell can read, and a plan of 80 columns', async () => {
    const plan = await planFor(name);
    for (const asRoot of [true, false]) {
      const script = fixScript(plan, asRoot);
      execFileSync('sh', ['-n'], { input: script });
      expect(/^sudo /m.test(script)).toBe(!asRoot && plan.units.some(needsRoot));
    }
    const style = {
      columns: 80,
      color: new Chalk({ level: 0 }),
      symbols: { ok: 'ok', warn: '!', fail: 'x', info: '-' },
      verbose: false,
      asRoot: false,
    };
    expect(renderPlan(plan, style).filter((line) => line.length > 80)).toEqual([]);
  });

  it('never opens the device by mode or owner, nor touches another hypervisor', async () => {
    const commands = commandsOf(await planFor(name)).join('\n');
    expect(commands).not.toMatch(/chmod|chown|0?666|vbox|VBox|vmmon|vmware/i);
  });
});

function needsRoot({ commands }: FixPlan['units'][number]): boolean {
  return commands.some(({ root }) => root);
}

it.each([
  ['ubuntu-intel-ok', []],
  ['not-in-group', ['usermod -aG kvm alice']],
  ['stale-session', []],
  ['as-root', []],
  ['sudo-user-outside', ['usermod -aG kvm alice']],
  ['intel-bios-off', []],
  ['nested-without-flag', []],
  ['kernel-upgraded', []],
  ['docker-no-device', []],
  ['vbox-busy', []],
  // Outside of what the user is in, or at the boot loader: nothing that a command in here mends.
  ['podman-rootless-no-device', []],
  ['rootless-podman-nobody-gid', []],
  ['proxmox-lxc-group', []],
  ['chroot-group-of-outside', []],
  ['wsl2-root-root-no-udev', []],
  ['module-blacklist-cmdline', []],
  ['modules-disabled', []],
  ['vmx-shown-but-disabled-by-bios', []],
  ['github-actions-runner', ['usermod -aG kvm runner']],
  ['wsl2-no-systemd-outside', ['usermod -aG kvm alice']],
  ['blacklisted-at-boot', []],
  ['no-qemu-nixos', []],
  [
    'rule-not-applied',
    [
      'systemctl try-restart systemd-udevd',
      'udevadm control --reload',
      'udevadm trigger --action=add --sysname-match=kvm',
      'udevadm settle --timeout=10',
    ],
  ],
  // The group was deleted and made anew under another number.
  [
    'device-of-unknown-group',
    [
      'systemctl try-restart systemd-udevd',
      'udevadm control --reload',
      'udevadm trigger --action=add --sysname-match=kvm',
      'udevadm settle --timeout=10',
    ],
  ],
  ['port-busy', ['set UTOPIA_SSH_PORT 22224']],
  ['mem-cgroup', ['set UTOPIA_MEMORY_MB 512']],
])('%s: %j', async (name, commands) => {
  expect(commandsOf(await planFor(name))).toEqual(commands);
});

it.each([
  ['no-qemu-debian', 'apt-get install'],
  ['no-qemu-fedora', 'dnf install'],
  ['no-qemu-arch', 'pacman -S'],
  ['no-qemu-suse', 'zypper'],
])('%s installs with %s', async (name, command) => {
  const plan = await planFor(name);
  expect(commandsOf(plan).at(-1)).toContain(command);
});

it('undoes a blacklist only with its own consent, from a copy, and loads the module after that', async () => {
  const { units } = await planFor('blacklisted');
  expect(units.map(({ name }) => name)).toEqual(['blacklist', 'module']);
  expect(units[0]?.question).toContain('/etc/modprobe.d/virtualbox.conf:2');
  expect(units[0]?.commands.map(({ argv }) => argv[0])).toEqual(['cp', 'sed']);
  expect(units[1]?.needs).toBe('blacklist');
});

it('makes the group, then the rule, then the membership', async () => {
  const { units } = await planFor('no-kvm-group');
  expect(units.map(({ name }) => name)).toEqual(['group', 'rule', 'membership']);
  expect(units.at(-1)?.after).toBe('relogin');
});

it('plans what was asked for, and what that needs', async () => {
  expect((await planFor('blacklisted', ['kmod.loaded'])).units).toHaveLength(2);
  expect((await planFor('blacklisted', ['net.ports'])).units).toEqual([]);
  expect((await planFor('no-kvm-group', ['kvm.udev'])).units.map(({ name }) => name)).toEqual([
    'rule',
  ]);
});

it('leaves to the user what only the user can do', async () => {
  const { units, yours } = await planFor('intel-bios-off');
  expect([units, yours.map(({ id }) => id)]).toEqual([[], ['cpu.virt']]);
});
