import { cpSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { testImage } from '../test/support/image.ts';
import type { BenchLab } from './lab.ts';
import { median, sampleHead, sampleInTurn, sampleRow } from './sampling.ts';

/** From a saved file to a verdict, built by the host's compiler, or the image's own; and against a build in the guest. */
const goal = { ms: 2_500, nativeMs: 4_000, times: 20 };
/** A build in the emulated guest takes more than a minute: so many are enough. */
const mostGuestRounds = 3;

const submission = join(import.meta.dirname, '../fixtures/submissions/anna');
const trial = 'test "$(cat /proc/answer)" = 42';

/**
 * A module of one file, touched, built, inserted, tried and removed: by `utopia module test` from a
 * warm base, and by make in a copy. Emulated, whatever the host has.
 */
export async function benchModules(lab: BenchLab, rounds: number): Promise<void> {
  const { folder, utopia } = lab;
  const image = await testImage('lab');
  writeFileSync(
    join(folder, 'utopia.config'),
    [
      `QCOW2_BACKING_FILE='${image}'`,
      'UTOPIA_VNC=off',
      'UTOPIA_SSH_PORT=auto',
      'UTOPIA_ACCEL=tcg',
      // By the same path for all: a warm base goes with its QEMU.
      `QEMU_BUILD_DIR='${dirname(dirname(whereIs('qemu-system-x86_64')))}'`,
      '',
    ].join('\n'),
  );
  const module = join(folder, 'answer');
  cpSync(submission, module, { recursive: true });
  const source = join(module, 'answer.c');
  const touch = (): void => utimesSync(source, new Date(), new Date());
  const warming = utopia('image', 'warm');
  const test = (): number => {
    touch();
    return utopia('module', 'test', '--yes', module, '--', 'sh', '-c', trial);
  };
  const withoutCompiler = programsWithout(join(folder, 'bin'), 'gcc');
  const testNative = (): number => {
    const { PATH } = lab.env;
    lab.env['PATH'] = withoutCompiler;
    try {
      return test();
    } finally {
      lab.env['PATH'] = PATH;
    }
  };
  // Headers and the image's tool chain are taken out of it once.
  test();
  testNative();
  const samples = await sampleInTurn(rounds, {
    'utopia module build, after a touch': () => {
      touch();
      return utopia('module', 'build', '--yes', module);
    },
    'utopia module test, after a touch': test,
    "utopia module test by the image's tool chain": testNative,
    'utopia run -- true': () => utopia('run', '--yes', '--', 'true'),
  });
  const inGuest = [
    'make -s -C "/lib/modules/$(uname -r)/build" M="$PWD" modules',
    `insmod ./answer.ko && ${trial} && rmmod answer`,
  ].join(' && ');
  const guest = await sampleInTurn(Math.min(rounds, mostGuestRounds), {
    'utopia run -- make …, insmod, test, rmmod in the guest': () => {
      touch();
      return utopia('-C', module, 'run', '--yes', '--copy-in', '--', 'sh', '-c', inGuest);
    },
  });
  console.log(`\n## A module's loop (${rounds} rounds in turn)\n\n${sampleHead}`);
  for (const sample of [...samples, ...guest]) console.log(sampleRow(sample));
  const [, tested, native] = samples.map(({ ms }) => median(ms));
  const [made] = guest.map(({ ms }) => median(ms));
  console.log(`\nutopia image warm, once: ${(warming / 1000).toFixed(1)} s`);
  console.log(
    `\nin the guest / module test: ${(Number(made) / Number(tested)).toFixed(0)} (goal: at least ${goal.times})`,
  );
  console.log(
    `module test ${Math.round(Number(tested))} ms (goal: ${goal.ms}), by the image's tool chain ${Math.round(Number(native))} ms (goal: ${goal.nativeMs})`,
  );
}

function whereIs(program: string): string {
  return execFileSync('which', [program], { encoding: 'utf8' }).trim();
}

/** A folder with this host's programs but those of a name. */
function programsWithout(folder: string, name: string): string {
  mkdirSync(folder);
  for (const each of readdirSync('/usr/bin')) {
    if (!each.includes(name)) symlinkSync(join('/usr/bin', each), join(folder, each));
  }
  return folder;
}
