import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { locateCrashes } from '../../../../src/lifecycle/watch/locate-crashes.ts';
import type { RepeatedCrash } from '../../../../src/crash/crash-report.ts';
import { needsOfHost } from '../../../support/requirements.ts';
import { makeSymbols } from '../../../support/symbols.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

needsOfHost('compiler');

test('lines are found also where Ctrl-C has ended what is told of, and the next one ends that', async () => {
  using folder = temporaryFolder();
  const vmlinux = join(folder.path, 'vmlinux');
  makeSymbols(vmlinux);
  // As slow as a real kernel's symbols make it: what is cancelled does not get to its end.
  const real = execFileSync('sh', ['-c', 'command -v addr2line'], { encoding: 'utf8' }).trim();
  const slow = `#!/bin/sh\n/bin/sleep 0.3; exec '${real}' "$@"\n`;
  writeFileSync(join(folder.path, 'addr2line'), slow, { mode: 0o755 });
  const env = { PATH: folder.path };
  const crash: RepeatedCrash = {
    ...{ number: 1, boot: 1, kind: 'null-dereference', message: '', ownModules: [], text: '' },
    ...{ function: '_start', offset: 4, repeated: 1 },
    trace: [{ function: '_start', offset: 4, size: 0x20, module: undefined }],
  };
  const look = async (urgentSignal: AbortSignal): ReturnType<typeof locateCrashes> => {
    const context = { env, cwd: folder.path, signal: AbortSignal.abort() };
    return await locateCrashes({ ...context, urgentSignal }, [crash], {
      ...{ vmlinux, sharedDir: folder.path, folder: folder.path },
    });
  };
  expect(await look(new AbortController().signal)).toMatchObject({
    programMissing: false,
    crashes: [{ trace: [{ line: expect.any(Number) as number }] }],
  });
  expect(await look(AbortSignal.abort())).toMatchObject({ programMissing: true });
});
