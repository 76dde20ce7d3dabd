import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testImage } from '../support/image.ts';
import { makeLab } from '../support/lab.ts';
import { unpackQemuSource } from '../support/qemu-source.ts';
import { needsOfHost } from '../support/requirements.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// QEMU of Debian's source package, configured, built and installed, and a machine that runs with it.
needsOfHost('qemu', 'image-tools', 'ssh', 'qemu-build', 'debian-source');

/** A byte count of du(1), in megabytes. */
function megabytes(folder: string): number {
  const [bytes = ''] = execFileSync('du', ['-sb', folder], { encoding: 'utf8' }).split('\t');
  return Math.round(Number(bytes) / 1e6);
}

test(
  'QEMU of Debian’s source is built, boots the machine, and is used from then on',
  { timeout: 7_200_000 },
  async () => {
    using folder = temporaryFolder();
    const [source, prefix] = [join(folder.path, 'qemu'), join(folder.path, 'prefix')];
    unpackQemuSource('bookworm', source);
    await using lab = await makeLab({ backing: await testImage() });
    const words = ['qemu', 'build', source, '--prefix', prefix, '-j', '2'] as const;

    const built = await lab.run(...words, '--json');
    expect(built.status, built.stderr).toBe(0);
    const end = JSON.parse(built.stdout) as { version: string; ms: number };
    expect(end).toMatchObject({
      ...{ schema: 1, prefix, binary: join(prefix, 'bin/qemu-system-x86_64'), verified: true },
      ...{ features: expect.arrayContaining(['virtfs', 'slirp', 'vnc', 'kvm']) as string[] },
      ...{ missingDevices: [], errors: [] },
    });
    const sizes = { objects: megabytes(join(source, 'build')), installed: megabytes(prefix) };
    console.info(
      `QEMU ${end.version}: ${Math.round(end.ms / 1000)} s, ${JSON.stringify(sizes)} MB`,
    );

    expect((await lab.run('qemu', 'use', end.version)).status).toBe(0);
    const listed = JSON.parse((await lab.run('qemu', 'list', '--json')).stdout) as {
      qemus: readonly object[];
    };
    expect(listed.qemus[0]).toMatchObject({ kind: 'built', inUse: true, source, place: prefix });
    const devices = JSON.parse((await lab.run('devices', '--json')).stdout) as { binary: string };
    expect(devices.binary).toBe(join(prefix, 'bin/qemu-system-x86_64'));
    const up = await lab.run('up', '--detach');
    expect(up.status, up.stderr).toBe(0);
    expect((await lab.run('exec', '--', 'uname', '-s')).stdout).toBe('Linux\n');
    const status = JSON.parse((await lab.run('status', '--json')).stdout) as object;
    expect(status).toMatchObject({ state: 'running' });
    await lab.run('down');

    // Nothing is configured or compiled anew, and a source that does not build says where.
    const again = await lab.run(...words);
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).not.toContain('configure');
    expect(again.stdout).toContain('a machine boots with it');
  },
);
