import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findQemuPrograms } from '../../../src/host/find-qemu.ts';
import { parseOsRelease } from '../../../src/host/os-release.ts';
import {
  describeInstall,
  distributions,
  installCommand,
} from '../../../src/host/install-packages.ts';
import { findQemu, missingFeatures } from '../../../src/host/qemu-features.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function program(path: string, script = 'exit 0', mode = 0o755): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, mode);
  return path;
}

const name = 'qemu-system-x86_64';

describe('finding QEMU', () => {
  it.each([
    ['an install prefix', `bin/${name}`, ''],
    ['a build tree', name, ''],
    ['a build tree with build/', `build/${name}`, ''],
    ['the binary itself', `my-qemu`, 'my-qemu'],
  ])('takes QEMU_BUILD_DIR as %s', async (_, at, named) => {
    using folder = temporaryFolder();
    const binary = program(join(folder.path, at));
    const imgBinary = program(join(dirname(binary), 'qemu-img'));
    const config = { qemuBuildDir: join(folder.path, named) };
    expect(await findQemuPrograms(config, { PATH: '', HOME: '/' })).toEqual({ binary, imgBinary });
  });

  it('prefers ~/opt/qemu to PATH', async () => {
    using folder = temporaryFolder();
    const own = program(join(folder.path, 'opt/qemu/bin', name));
    program(join(folder.path, 'bin', name));
    const imgBinary = program(join(folder.path, 'bin/qemu-img'));
    const env = { HOME: folder.path, PATH: join(folder.path, 'bin') };
    expect(await findQemuPrograms({ qemuBuildDir: undefined }, env)).toEqual({
      binary: own,
      imgBinary,
    });
  });

  it('never falls back from a QEMU_BUILD_DIR that holds none, but says what it passed', async () => {
    using folder = temporaryFolder();
    const other = program(join(folder.path, 'bin', name));
    program(join(folder.path, 'empty', 'bin', name), 'exit 0', 0o644);
    const config = { qemuBuildDir: join(folder.path, 'empty') };
    const env = { HOME: '/nowhere', PATH: join(folder.path, 'bin') };
    await expect(findQemuPrograms(config, env)).rejects.toMatchObject({
      code: 'qemu-missing',
      message: expect.stringContaining('QEMU_BUILD_DIR='),
      hint: expect.stringContaining(other),
    });
  });
});

describe('asking QEMU', () => {
  const answers = `case "$*" in
  *--version*) echo "QEMU emulator version 9.1.2 (v9)";;
  *"-device help"*) echo 'name "virtio-9p-pci", bus PCI, alias "virtio-9p"';;
  *"-netdev help"*) printf 'Available netdev backend types:\\nuser\\n';;
  *"-accel help"*) printf 'Accelerators supported in QEMU binary:\\ntcg\\n';;
  *"-object help"*) printf 'List of user creatable objects:\\n  iothread\\n  monitor-qmp\\n';;
  *sandbox*) exit 1;;
esac`;

  it('asks this very binary, once, and anew when it changes', async () => {
    using folder = temporaryFolder();
    const counted = `echo x >> ${folder.path}/asked\n${answers}`;
    const binary = program(join(folder.path, 'q', 'bin', name), counted);
    program(join(folder.path, 'q', 'bin', 'qemu-img'));
    const config = { qemuBuildDir: join(folder.path, 'q') };
    const env = { XDG_CACHE_HOME: join(folder.path, 'cache'), HOME: folder.path, PATH: '' };
    const qemu = await findQemu(config, env);
    expect(qemu).toMatchObject({ binary, version: '9.1.2', hasSandbox: false });
    expect([...qemu.accelerators]).toEqual(['tcg']);
    expect([...qemu.objects]).toEqual(['iothread', 'monitor-qmp']);
    expect(
      missingFeatures(qemu, {
        devices: ['virtio-9p-pci', 'virtio-9p', 'vmgenid'],
        netdevs: ['user', 'tap'],
      }),
    ).toEqual(['vmgenid', '-netdev tap']);
    const asked = (): number => readFileSync(join(folder.path, 'asked'), 'utf8').length;
    const before = asked();
    expect((await findQemu(config, env)).version).toBe('9.1.2');
    expect(asked()).toBe(before);
    program(binary, `${counted}\n# rebuilt`);
    await findQemu(config, env);
    expect(asked()).toBeGreaterThan(before);
  });

  it('does not take a list that did not come for an empty one', async () => {
    using folder = temporaryFolder();
    program(
      join(folder.path, 'bin', name),
      `case "$*" in *-device*) exec sleep 60;; esac\n${answers}`,
    );
    program(join(folder.path, 'bin', 'qemu-img'));
    const env = { XDG_CACHE_HOME: join(folder.path, 'cache'), HOME: folder.path, PATH: '' };
    const config = { qemuBuildDir: folder.path };
    const tightScale = 0.1;
    await expect(findQemu(config, env, undefined, tightScale)).rejects.toMatchObject({
      code: 'qemu-unsuitable',
      message: expect.stringContaining('no answer'),
    });
    expect(existsSync(join(folder.path, 'cache'))).toBe(false);
  });

  it('refuses one that does not tell its version', async () => {
    using folder = temporaryFolder();
    program(
      join(folder.path, 'bin', name),
      'echo "cannot execute: required file not found" >&2; exit 127',
    );
    program(join(folder.path, 'bin', 'qemu-img'));
    const env = { XDG_CACHE_HOME: join(folder.path, 'cache'), HOME: folder.path, PATH: '' };
    await expect(findQemu({ qemuBuildDir: folder.path }, env)).rejects.toMatchObject({
      code: 'qemu-unsuitable',
      details: expect.arrayContaining([expect.stringContaining('required file')]),
    });
  });
});

describe('packages', () => {
  it.each([
    ['ID=debian', 'sudo apt-get install -y --no-install-recommends qemu-system-x86 qemu-utils'],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"', 'sudo apt-get install'],
    ['ID=fedora', 'sudo dnf install -y qemu-system-x86 qemu-img'],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', 'sudo dnf install -y qemu-kvm qemu-img'],
    ['ID=arch', 'sudo pacman -S --needed --noconfirm qemu-base qemu-img'],
    ['ID=alpine', 'sudo apk add qemu-system-x86_64 qemu-img'],
    ['ID=nixos', 'nix-env -iA nixos.qemu'],
    ['ID=plan9', 'Install qemu and qemu-img with your package manager.'],
    ['', 'Install qemu and qemu-img with your package manager.'],
  ])('%j: %s', (text, command) => {
    const plan = installCommand(parseOsRelease(text), ['qemu', 'qemu-img']);
    expect(describeInstall(plan)).toContain(command);
  });

  it('knows every tool everywhere', () => {
    for (const { packages } of distributions) {
      for (const names of Object.values(packages)) expect(names.length).toBeGreaterThan(0);
    }
  });
});
