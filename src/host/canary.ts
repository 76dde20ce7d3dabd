import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a canary ended. `exit` 33 is the guest's own word: its instructions ran. */
export interface CanaryResult {
  readonly exit?: number | undefined;
  readonly signal?: string | undefined;
  readonly stderr?: string | undefined;
  /** Not done within the time that the comparison allows. */
  readonly timeout?: boolean | undefined;
  readonly ms: number;
}

/**
 * A boot sector: mov al, 0x10; out 0xf4, al; hlt; jmp to the hlt. Zero-padded,
 * with the BIOS's signature at its end.
 */
export function canarySector(): Buffer {
  return bootSector([0xb0, 0x10, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd]);
}

/** Code as the first sector of a disk, with the BIOS's signature. */
export function bootSector(code: readonly number[]): Buffer {
  const sector = Buffer.alloc(512);
  Buffer.from(code).copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** QEMU's arguments for a guest that is one sector of a floppy; it ends the machine by writing to port 0xf4. */
export function sectorArguments(floppy: string, accelerator: 'kvm' | 'tcg'): string[] {
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '32'],
    ...['-machine', 'pc', '-accel', accelerator],
    ...['-drive', `file=${floppy},format=raw,if=floppy,readonly=on`],
    ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
  ];
}

/** Writes a sector as a floppy of 1.44 MB into a private folder and takes both away after `run`. */
export async function withFloppy<Result>(
  sector: Buffer,
  run: (floppy: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'utopia-canary-'));
  try {
    const floppy = join(folder, 'sector');
    await writeFile(floppy, Buffer.concat([sector, Buffer.alloc(1_474_560 - 512)]));
    return await run(floppy);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface CanaryRun {
  readonly binary: string;
  readonly accelerator: 'kvm' | 'tcg';
  readonly cpuModel?: string | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts a vCPU and lets it prove that it makes progress. The process is killed
 * with the signal or after `timeoutMs`; a QEMU that hangs in the kernel is left
 * behind at most as a process that is being killed.
 */
export async function runCanary(run: CanaryRun): Promise<CanaryResult> {
  const { execa } = await import('execa');
  const startedAt = performance.now();
  return await withFloppy(canarySector(), async (floppy) => {
    const model = run.cpuModel === undefined ? [] : ['-cpu', run.cpuModel];
    const result = await execa(
      run.binary,
      [...sectorArguments(floppy, run.accelerator), ...model],
      {
        reject: false,
        stdin: 'ignore',
        stdout: 'ignore',
        timeout: run.timeoutMs,
        killSignal: 'SIGKILL',
        ...(run.signal === undefined ? {} : { cancelSignal: run.signal }),
      },
    );
    const ms = Math.round(performance.now() - startedAt);
    if (result.timedOut || result.isCanceled) return { timeout: true, ms };
    return { exit: result.exitCode, signal: result.signal, stderr: result.stderr.slice(-2000), ms };
  });
}
