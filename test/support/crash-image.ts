import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootSpec, type RootSpec } from '../../src/image/debian/root-spec.ts';
import { cachedImage } from './image.ts';

const sources = join(import.meta.dirname, '../../fixtures/modules');

/** Where the modules stand in the guest, built. */
export const builtModules = '/opt/modules';
/** Where they were built: in the folder that the share is mounted over. */
export const moduleSources = '/home/user/shared/modules';

/**
 * The minimal image with the kernel's headers and a compiler, and the guest's halves of rsync and
 * sshfs, in which the modules
 * of fixtures/modules were built against its own kernel: while the image was made,
 * at the host's speed, and in the folder in which a student would.
 */
export async function crashImage(): Promise<string> {
  return await cachedImage('crash', 'minimal', crashRoot());
}

function crashRoot(): RootSpec {
  const base = rootSpec('minimal');
  return {
    ...base,
    packages: [...base.packages, 'linux-headers-amd64', 'gcc', 'make', 'rsync', 'sshfs'],
    files: [
      ...base.files,
      ...readdirSync(sources).map((name) => ({
        path: `${builtModules}/${name}`,
        content: readFileSync(join(sources, name), 'utf8'),
      })),
    ],
    customiseScript: `${base.customiseScript}
kernel=$(ls /lib/modules | sort -V | tail -n 1)
mkdir -p ${moduleSources}
cp ${builtModules}/* ${moduleSources}
make -s -C ${moduleSources} KERNEL=$kernel
cp ${moduleSources}/*.ko ${builtModules}
rm -r ${moduleSources}
`,
  };
}
