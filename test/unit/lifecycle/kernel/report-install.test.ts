import { expect, test } from 'vitest';
import type { RepeatedCrash } from '../../../../src/crash/crash-report.ts';
import { guestAccess } from '../../../../src/lifecycle/watch/find-guest.ts';
import {
  explainInstallFailure,
  reportInstall,
} from '../../../../src/lifecycle/kernel/report-install.ts';
import type { Trial } from '../../../../src/lifecycle/kernel/try-kernel.ts';

type Failed = Extract<Trial, { readonly kind: 'failed' }>;

const access = {} as Awaited<ReturnType<typeof guestAccess>>;

function failed(end: Failed['boot']['end'], id: Failed['boot']['diagnosis']['id']): Failed {
  const diagnosis = {
    id,
    what: 'It lacks its root.',
    why: 'No driver.',
    next: '',
    lines: ['last'],
  };
  return {
    ...{ kind: 'failed', crashes: [], access, release: '6.1.0', byItself: true },
    boot: { end, elapsedMs: 1, diagnosis, console: { from: 0, to: 1 } },
  };
}

const crash: RepeatedCrash = {
  ...{ number: 1, boot: 1, kind: 'null-dereference', message: 'a bug', repeated: 1 },
  ...{ trace: [], ownModules: [], text: '' },
};
const installed = { version: '6.12.1', previous: '6.1.0', snapshot: undefined };

test('scripts read of a kernel that has booted, and of one that has not', () => {
  const booted = { kind: 'booted', access, elapsedMs: 5 } as const;
  expect(reportInstall({ ...installed, trial: booted }, undefined)).toEqual({
    ...{ version: '6.12.1', previous: '6.1.0', snapshot: null },
    ...{ verdict: 'booted', default: '6.12.1', running: '6.12.1' },
  });
  const trial = failed('panicked', 'kernel-panic');
  expect(reportInstall({ ...installed, trial }, undefined)).toMatchObject({
    ...{ verdict: 'panicked', default: '6.1.0', running: '6.1.0' },
    ...{ cameBackByItself: true, cause: 'kernel-panic', crash: null },
  });
});

test('a cause that has a sentence is told before the crash, and the crash before the end', () => {
  const known = explainInstallFailure('lab', installed, failed('halted', 'root-missing'), crash);
  expect(known).toMatchObject({ code: 'boot-failed', details: ['Why  No driver.', '| last'] });
  expect(known.message).toContain('It lacks its root.');
  const trial = failed('panicked', 'port-taken');
  const crashed = explainInstallFailure('lab', installed, trial, crash);
  expect(crashed).toMatchObject({ code: 'kernel-crashed', details: [] });
  expect(crashed.message).not.toContain('It lacks its root.');
  expect(explainInstallFailure('lab', installed, trial, undefined).message).toBe(
    'Linux 6.12.1 did not come up. Its kernel panicked; the console does not say why. lab is back on Linux 6.1.0, which is still the default.',
  );
});

test('the snapshot of before is named where there is one', () => {
  const trial = failed('silent', 'port-taken');
  const { hint } = explainInstallFailure('lab', { ...installed, snapshot: 'b' }, trial, undefined);
  expect(hint).toContain('utopia snapshot restore b');
  expect(explainInstallFailure('lab', installed, trial, undefined).hint).not.toContain('snapshot');
});
