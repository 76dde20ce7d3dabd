import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { canarySector } from '../../../src/host/canary.ts';
import { judgeKvm, testKvm } from '../../../src/host/kvm-verdict.ts';
import { remembered } from '../../../src/host/verdict-cache.ts';
import { aNumber } from '../../../src/text/shape.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('judging the canaries', () => {
  const tcg = { exit: 33, ms: 90 };
  it.each([
    [{ exit: 33, ms: 80 }, tcg, undefined],
    // A busy host makes both slow: that is no reason to do without KVM.
    [{ exit: 33, ms: 1400 }, { exit: 33, ms: 900 }, undefined],
    [{ exit: 33, ms: 4800 }, tcg, 'too-slow'],
    [{ timeout: true, ms: 1000 }, tcg, 'hang'],
    // A host that is too busy for either says nothing about KVM.
    [{ timeout: true, ms: 15_000 }, { timeout: true, ms: 15_000 }, 'host-too-busy'],
    [
      { signal: 'SIGABRT', stderr: 'error: failed to set MSR 0x10a to 0x0', ms: 25 },
      tcg,
      'msr-abort',
    ],
    [{ exit: 1, stderr: 'ioctl(KVM_CREATE_VM) failed: 16 Device busy', ms: 25 }, tcg, 'busy'],
    [{ exit: 0, ms: 25 }, tcg, 'canary-failed'],
    [{ signal: 'SIGSEGV', ms: 25 }, tcg, 'canary-failed'],
    // Without emulation to compare with, progress is enough.
    [{ exit: 33, ms: 4800 }, { exit: 1, ms: 30 }, undefined],
  ])('%j beside %j: %s', (kvm, other, cause) => {
    const verdict = judgeKvm(kvm, other, 'host');
    expect([verdict.works, verdict.cause]).toEqual([cause === undefined, cause]);
    expect(verdict.works).toBe(verdict.reason === undefined);
  });

  it('boots from a sector that the BIOS accepts', () => {
    const sector = canarySector();
    expect([sector.length, sector[510], sector[511]]).toEqual([512, 0x55, 0xaa]);
  });
});

/** A QEMU that writes down its pid and behaves as `script` says; $MODEL and $ACCEL are its arguments. */
function standIn(folder: string, script: string, emulated = 'exit 33'): string {
  const path = join(folder, 'qemu');
  writeFileSync(
    path,
    `#!/bin/sh
echo $$ >> ${folder}/pids
while [ $# -gt 0 ]; do
  case $1 in -accel) ACCEL=$2;; -cpu) MODEL=$2;; esac
  shift
done
echo "$ACCEL $MODEL" >> ${folder}/runs
[ "$ACCEL" = tcg ] && ${emulated}
${script}
`,
  );
  chmodSync(path, 0o755);
  return path;
}

function livingOnes(folder: string): string[] {
  const pids = readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n');
  return pids.filter((pid) => {
    try {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return commandLine.includes(folder) || commandLine.startsWith('sleep\0');
    } catch {
      return false;
    }
  });
}

describe('running the canaries', () => {
  it('tries another model after an abort, and does not wait for one that hangs', async () => {
    using folder = temporaryFolder();
    const binary = standIn(
      folder.path,
      '[ "$MODEL" = host ] && { echo "failed to set MSR 0x10a" >&2; kill -ABRT $$; }\nexec sleep 300',
    );
    expect(await testKvm(binary)).toMatchObject({ works: false, cause: 'msr-abort' });
    expect(livingOnes(folder.path)).toEqual([]);
    const runs = readFileSync(join(folder.path, 'runs'), 'utf8').trimEnd().split('\n');
    expect(runs.toSorted((a, b) => a.localeCompare(b))).toEqual(['kvm host', 'kvm qemu64', 'tcg ']);
  });

  /** A busy host's: what works is waited for so much longer. */
  const busyScale = 20;

  it('tries the other model before emulation has ended', async () => {
    using folder = temporaryFolder();
    const binary = standIn(
      folder.path,
      '[ "$MODEL" = host ] && { echo "failed to set MSR 0x10a" >&2; exit 134; }\necho x > ' +
        `${folder.path}/second; exit 33`,
      `{ while ! [ -e ${folder.path}/second ]; do sleep 0.05; done; exit 33; }`,
    );
    expect(await testKvm(binary, undefined, busyScale)).toMatchObject({
      works: true,
      cpuModel: 'qemu64',
    });
  });

  it('takes the model that works', async () => {
    using folder = temporaryFolder();
    const binary = standIn(
      folder.path,
      '[ "$MODEL" = host ] && { echo "failed to set MSR 0x10a" >&2; exit 134; }\nexit 33',
    );
    expect(await testKvm(binary, undefined, busyScale)).toMatchObject({
      works: true,
      cpuModel: 'qemu64',
    });
  });

  it.each([
    ['while KVM hangs', 'exec sleep 300', 'exit 33', 1],
    ['not where emulation fails too', 'exec sleep 300', 'exit 1', 0],
  ])('says that emulation has run, %s', async (_when, script, emulated, times) => {
    using folder = temporaryFolder();
    const binary = standIn(folder.path, script, emulated);
    const living: number[] = [];
    const verdict = await testKvm(binary, undefined, 1, () =>
      living.push(livingOnes(folder.path).length),
    );
    expect(verdict).toMatchObject({ works: false, cause: 'hang' });
    expect(living).toEqual(Array.from({ length: times }, () => 1));
  });

  it('kills its children when it is interrupted', async () => {
    using folder = temporaryFolder();
    const binary = standIn(folder.path, 'exec sleep 300', 'exec sleep 300');
    const interruption = new AbortController();
    const verdict = testKvm(binary, interruption.signal);
    const ended = expect(verdict).rejects.toThrow();
    await vi.waitFor(() => expect(livingOnes(folder.path)).toHaveLength(2), { timeout: 20_000 });
    interruption.abort(new Error('Ctrl-C'));
    await ended;
    expect(livingOnes(folder.path)).toEqual([]);
  });
});

describe('remembering a verdict', () => {
  it('asks once for a key, again for another, and despite a damaged file', async () => {
    using folder = temporaryFolder();
    const env = { XDG_CACHE_HOME: folder.path };
    let asked = 0;
    const probe = async (): Promise<number> => {
      asked += 1;
      return await Promise.resolve(asked);
    };
    expect(await remembered(env, 'x', ['a'], aNumber, probe)).toBe(1);
    expect(await remembered(env, 'x', ['a'], aNumber, probe)).toBe(1);
    expect(await remembered(env, 'x', ['b'], aNumber, probe)).toBe(2);
    writeFileSync(join(folder.path, 'utopia/x.json'), '{"key": "cut o');
    expect(await remembered(env, 'x', ['b'], aNumber, probe)).toBe(3);
    expect(await remembered(env, 'x', ['c'], aNumber, probe, () => false)).toBe(4);
    expect(await remembered(env, 'x', ['c'], aNumber, probe)).toBe(5);
    expect(readdirSync(join(folder.path, 'utopia'))).toEqual(['x.json']);
  });

  it('does without a cache that cannot be written', async () => {
    const env = { XDG_CACHE_HOME: '/dev/null' };
    expect(await remembered(env, 'x', [], aNumber, async () => await Promise.resolve(7))).toBe(7);
  });
});
