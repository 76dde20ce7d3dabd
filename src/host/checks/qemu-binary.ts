import { pass, type CheckInput, type Finding } from '../check.ts';
import { installFix } from '../install-packages.ts';

/** Whether QEMU's two programs are there; a near miss is told from nothing at all. */
export function evaluateBinary({ facts, lab }: CheckInput): Finding {
  const { binary, imgBinary, elsewhere, nearMiss, withheld } = facts.qemu;
  const buildDir = lab.config?.qemuBuildDir;
  const { os } = facts.machine;
  if (binary === undefined && buildDir !== undefined) {
    return {
      status: 'fail',
      message: `QEMU_BUILD_DIR=${buildDir} holds no qemu-system-x86_64`,
      cause: 'build-dir-empty',
      evidence: [{ path: buildDir, value: 'neither bin/qemu-system-x86_64 nor build/…' }],
      fix: {
        kind: 'manual',
        commands: [],
        after: 'none',
        advice:
          elsewhere === undefined
            ? 'Build QEMU with that prefix (utopia qemu build), or take the line out of utopia.config and install a package.'
            : `Correct it, or take the line out of utopia.config to use ${elsewhere}.`,
      },
    };
  }
  if (binary === undefined && nearMiss?.fault === 'not-executable') {
    return {
      status: 'fail',
      message: `${nearMiss.path} is there, but may not be run`,
      cause: 'not-executable',
      why: 'Its execute permission is missing, for this user at least.',
      evidence: [{ path: nearMiss.path, value: 'not executable' }],
      fix: {
        kind: 'manual',
        commands: [
          { argv: ['ls', '-l', nearMiss.path], root: false, why: 'shows who may run it' },
          ...installFix(os, ['qemu', 'qemu-img']).commands,
        ],
        after: 'none',
        advice: 'Install QEMU again, or correct the permissions of your own build.',
      },
    };
  }
  if (binary === undefined && nearMiss !== undefined) {
    return {
      status: 'fail',
      message: `QEMU is there for other guests only (${nearMiss.path})`,
      cause: 'wrong-arch',
      why: "The lab's guest is x86_64: qemu-system-x86_64 runs it.",
      evidence: [{ path: nearMiss.path, value: 'found' }],
      fix: installFix(os, ['qemu', 'qemu-img']),
    };
  }
  if (binary === undefined) {
    return {
      status: 'fail',
      message: 'QEMU is not installed',
      cause: 'qemu-missing',
      why: 'There is no qemu-system-x86_64 in ~/opt/qemu/bin or PATH, and no qemu-kvm.',
      fix: installFix(os, ['qemu', 'qemu-img']),
    };
  }
  if (withheld) {
    return {
      status: 'warn',
      message: `${binary} was not run: nobody agreed to run it`,
      cause: 'consent-needed',
      why: "It comes with the lab's folder, or others can change it.",
      evidence: [{ path: binary, value: 'found, not run' }],
      fix: {
        kind: 'manual',
        commands: [
          {
            argv: ['utopia', 'devices', '--yes'],
            root: false,
            why: 'agrees to run it from now on, where only you and root can change it',
          },
        ],
        after: 'none',
        advice: 'If you do not trust who made it, take QEMU_BUILD_DIR out of utopia.config.',
      },
    };
  }
  const evidence = [{ path: binary, value: 'found' }];
  if (imgBinary === undefined) {
    return {
      status: 'fail',
      message: `${binary} is there, but qemu-img is not`,
      cause: 'qemu-img-missing',
      why: 'qemu-img makes the private file over the image.',
      evidence,
      fix: installFix(os, ['qemu-img']),
    };
  }
  return pass(binary, [...evidence, { path: imgBinary, value: 'found' }]);
}
