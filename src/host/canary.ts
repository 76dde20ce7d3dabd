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
  const sector = Buffer.alloc(512);
  Buffer.from([0xb0, 0x10, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd]).copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
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
  const folder = await mkdtemp(join(tmpdir(), 'utopia-canary-'));
  const floppy = join(folder, 'sector');
  const startedAt = performance.now();
  try {
    await writeFile(floppy, Buffer.concat([canarySector(), Buffer.alloc(1_474_560 - 512)]));
    const model = run.cpuModel === undefined ? [] : ['-cpu', run.cpuModel];
    const result = await execa(
      run.binary,
      [
        ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '32'],
        ...['-machine', 'pc', '-accel', run.accelerator],
        ...model,
        ...['-drive', `file=${floppy},format=raw,if=floppy,readonly=on`],
        ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=1'],
      ],
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
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
