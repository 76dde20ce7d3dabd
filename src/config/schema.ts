import * as z from 'zod/mini';
import { readDisks } from './disk-setting.ts';
import { splitWords } from './extra-args.ts';
import { readForwards } from './forward-setting.ts';
import type { KeyName } from './config-keys.ts';
import { readSensors } from './sensor-setting.ts';
import { setting } from './setting.ts';
import {
  readAppend,
  readCount,
  readInterface,
  readKernel,
  readMachineName,
  readMemory,
  readPath,
  readPort,
  readSwitch,
  readVnc,
} from './values.ts';

// zod would probe for `new Function` to compile objects: slower than reading the keys.
z.config({ jitless: true });

/** What each key's text may be and what it means, before paths and names are resolved. */
export const configSchema = z.object({
  QEMU_BUILD_DIR: z.optional(setting(readPath)),
  QCOW2_BACKING_FILE: z.optional(setting(readPath)),
  QCOW2_PRIVATE_FILE: setting(readPath),
  UTOPIA_MEMORY_MB: setting(readMemory),
  UTOPIA_CPUS: setting(readCount(1, 255)),
  UTOPIA_ACCEL: z.enum(['auto', 'kvm', 'tcg'], 'is not an accelerator'),
  UTOPIA_SSH_PORT: setting(readPort),
  UTOPIA_SSH_INTERFACE: setting(readInterface),
  UTOPIA_LOGIN: z.enum(['password', 'key'], 'is neither password nor key'),
  UTOPIA_NETWORK: z.enum(['full', 'none'], 'is neither full nor none'),
  SHARED_FS_DIR: setting(readPath),
  UTOPIA_VNC: setting(readVnc),
  UTOPIA_FORWARDS: setting(readForwards),
  UTOPIA_NAME: setting(readMachineName),
  UTOPIA_DISKS: setting(readDisks),
  UTOPIA_SENSORS: setting(readSensors),
  UTOPIA_KERNEL: setting(readKernel),
  UTOPIA_INITRD: z.optional(setting(readPath)),
  UTOPIA_APPEND: setting(readAppend),
  UTOPIA_ON_CRASH: z.enum(['report', 'pause', 'keep'], 'is neither report, pause nor keep'),
  UTOPIA_EXTRA_ARGS: setting(splitWords),
  UTOPIA_WARM_BASE: z.enum(['auto', 'never'], 'is neither auto nor never'),
  VERBOSE: setting(readSwitch),
} satisfies Record<KeyName, z.ZodMiniType>);

/** Values of all keys, typed; paths still as written. */
export type Settings = z.infer<typeof configSchema>;
