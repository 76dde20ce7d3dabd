import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/support/boot.ts';
import { testImage } from '../test/support/image.ts';
import { timeProcess } from './sampling.ts';

/** A folder to measure in: a config, a built image, and a QEMU that says when it starts. */
export interface BenchLab {
  /** The program that is measured in it. */
  readonly program: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly port: number;
  readonly image: string;
  /** The real QEMU behind a shell that notes the time and becomes it. */
  readonly qemu: string;
  /** The time noted, as $EPOCHREALTIME: seconds since 1970. */
  readonly stampFile: string;
  /** Runs the built program in the folder; gives its wall time in ms. Throws when it fails. */
  readonly utopia: (...args: readonly string[]) => number;
  /** Ends the folder's machine without mercy, if there is one; also when something has failed. */
  readonly pullPlug: () => void;
  close(): void;
}

/** The built program, as it is installed. */
export const program = join(import.meta.dirname, '../bin/utopia.js');

/** Opens a folder for a program: this checkout's, or that of another one, with memories of its own. */
export async function openLab(measured = program): Promise<BenchLab> {
  const folder = mkdtempSync(join(tmpdir(), 'utopia-bench-'));
  const image = await testImage();
  const port = await freePort();
  const stampFile = join(folder, 'stamp');
  const bin = join(folder, 'qemu/bin');
  const qemu = join(bin, 'qemu-system-x86_64');
  mkdirSync(bin, { recursive: true });
  const real = execFileSync('which', ['qemu-system-x86_64'], { encoding: 'utf8' }).trim();
  symlinkSync(
    execFileSync('which', ['qemu-img'], { encoding: 'utf8' }).trim(),
    join(bin, 'qemu-img'),
  );
  // Only a machine's own argument list begins with -name; the questions about features do not.
  writeFileSync(
    qemu,
    `#!/bin/bash\nif [ "$1" = -name ]; then printf %s "$EPOCHREALTIME" >'${stampFile}'; fi\nexec '${real}' "$@"\n`,
  );
  chmodSync(qemu, 0o755);
  writeFileSync(
    join(folder, 'utopia.config'),
    [
      `QCOW2_BACKING_FILE='${image}'`,
      `QEMU_BUILD_DIR='${join(folder, 'qemu')}'`,
      `UTOPIA_SSH_PORT=${port}`,
      'UTOPIA_VNC=off',
      '',
    ].join('\n'),
  );
  const env = {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: folder,
    XDG_RUNTIME_DIR: join(folder, 'run'),
  };
  mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
  return {
    program: measured,
    folder,
    env,
    port,
    image,
    qemu,
    stampFile,
    utopia: (...args) => timeProcess(process.execPath, [measured, ...args], { cwd: folder, env }),
    pullPlug: () =>
      void spawnSync(process.execPath, [measured, 'down', '--force'], { cwd: folder, env }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
