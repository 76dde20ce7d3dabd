import type { BackingFile } from '../../image/image-files.ts';
import type { WarmBase } from '../../image/warm-base.ts';

/** A moment at which a machine's memory was saved, for a copy to go on from. */
export interface SavedStart {
  readonly stateFile: string;
  /** QEMU's versioned name of the machine that it was. */
  readonly machineType: string;
  /** Undefined for the first: see hardware-generation.ts. */
  readonly hardwareGeneration: number | undefined;
  /** The guest's memory, where it is a file apart from the state: it is mapped, not read. */
  readonly memory?: string;
  /** Folder of the layers over exercise disks that the memory goes with. */
  readonly layersDir?: string;
  /** The agent waits in it. Without, the guest takes commands by SSH. */
  readonly hasAgent: boolean;
  /** Only faster than a boot of the image: should it fail, that will do. */
  readonly isShortCut: boolean;
}

/** What a copy stands on, and what it goes on from. */
export interface CopySource {
  /** The file below the copy's own disk; nobody writes to it. */
  readonly under: Pick<BackingFile, 'path' | 'format'>;
  /** Absent for a copy that boots. */
  readonly moment?: SavedStart;
  /** Kinds of the SSH host keys that others have, too, and a copy that is kept must not. */
  readonly sharedHostKeys: readonly string[];
  /** The way into a machine's own guest: its keys, its host's keys, and the name they go by. */
  readonly login?: { readonly sshDir: string; readonly machineId: string };
}

/** The image as it was delivered: the copy boots. */
export function imageSource({ path, format }: BackingFile): CopySource {
  return { under: { path, format }, sharedHostKeys: [] };
}

/** A warm base of the image. */
export function baseSource({ disk, state, memory, manifest }: WarmBase): CopySource {
  return {
    under: { path: disk, format: 'qcow2' },
    sharedHostKeys: manifest.hostKeys ?? [],
    moment: {
      stateFile: state,
      machineType: manifest.machineType,
      hardwareGeneration: manifest.hardwareGeneration,
      memory,
      hasAgent: true,
      isShortCut: true,
    },
  };
}
