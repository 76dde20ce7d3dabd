import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFixture } from '../../../src/host/source/fixture-source.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('a host in a folder', () => {
  it('is never left through a link', async () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 'etc'));
    mkdirSync(join(folder.path, 'usr/lib'), { recursive: true });
    writeFileSync(join(folder.path, 'usr/lib/os-release'), 'ID=arch\n');
    symlinkSync('../usr/lib/os-release', join(folder.path, 'etc/os-release'));
    symlinkSync('/etc/passwd', join(folder.path, 'etc/passwd'));
    symlinkSync('/bin', join(folder.path, 'bin'));
    const source = await openFixture(folder.path);
    expect(await source.readText('/etc/os-release')).toBe('ID=arch\n');
    expect(await source.readText('/etc/passwd')).toBeUndefined();
    expect(await source.list('/bin')).toEqual([]);
    expect(await source.isRunnable('/bin/sh')).toBe(false);
    expect(await source.readText('/../../../../etc/passwd')).toBeUndefined();
  });

  it('has nothing that it does not name', async () => {
    using folder = temporaryFolder();
    const source = await openFixture(folder.path);
    expect(await source.stat('/dev/kvm')).toBeUndefined();
    expect(await source.openReadWrite('/dev/kvm')).toBe('ENOENT');
    expect(await source.testKvm('/usr/bin/qemu-system-x86_64')).toBeUndefined();
  });

  it('opens what it shows, unless it says otherwise', async () => {
    using folder = temporaryFolder();
    const stat = { '/dev/kvm': { type: 'chr' }, '/dev/net/tun': { type: 'chr' } };
    const open = { '/dev/net/tun': 'EACCES' };
    writeFileSync(join(folder.path, 'host.json'), JSON.stringify({ stat, open }));
    const source = await openFixture(folder.path);
    expect(await source.openReadWrite('/dev/kvm')).toBeUndefined();
    expect(await source.openReadWrite('/dev/net/tun')).toBe('EACCES');
  });

  it('takes the room of the longest prefix, by whole names', async () => {
    using folder = temporaryFolder();
    const statfs = {
      '/': { availableBytes: 1 },
      '/home': { availableBytes: 2 },
      '/home/alice/lab': { availableBytes: 3 },
    };
    writeFileSync(join(folder.path, 'host.json'), JSON.stringify({ statfs }));
    const source = await openFixture(folder.path);
    const room = async (path: string): Promise<number | undefined> =>
      (await source.space(path))?.availableBytes;
    expect(await room('/home/alice/lab/x')).toBe(3);
    expect(await room('/home/alice/labour')).toBe(2);
    expect(await room('/var')).toBe(1);
  });

  it('refuses a folder that is not there and a description that is not JSON', async () => {
    using folder = temporaryFolder();
    await expect(openFixture(join(folder.path, 'none'))).rejects.toMatchObject({ code: 'usage' });
    writeFileSync(join(folder.path, 'host.json'), '{');
    await expect(openFixture(folder.path)).rejects.toMatchObject({ code: 'usage' });
  });
});
