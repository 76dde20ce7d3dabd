import { spawnSync } from 'node:child_process';
import { readOsRelease } from '../src/host/find-qemu.ts';
import { installCommand } from '../src/host/install-packages.ts';
import { missingBuildTools, type BuildTool } from '../src/image/debian/build-tools.ts';
import { isInstalled } from './installed.ts';

/** What each is needed for, as it is said before it is installed. */
const reasons: Readonly<Record<'qemu' | 'qemu-img' | 'ssh' | 'flock' | BuildTool, string>> = {
  qemu: 'runs the machine',
  'qemu-img': "makes the machine's own disk",
  ssh: 'reaches the guest',
  flock: 'keeps two starts apart',
  mmdebstrap: 'fetches Debian for the image',
  mke2fs: "makes the image's file system",
  newuidmap: 'lets a user without root build images',
  'debian-keys': "check the image's packages",
};

/** What a machine needs, by the program that shows that it is there. */
const machineTools = {
  qemu: 'qemu-system-x86_64',
  'qemu-img': 'qemu-img',
  ssh: 'ssh',
  flock: 'flock',
} as const;

/** Any user but root: whoever installs for root installs for the others too. */
const someUser = 1000;

/**
 * Installs what this host lacks of everything that utopia uses. Says first what,
 * why and with which commands; runs them as root, through sudo where need be.
 * Returns false when it could not.
 */
export async function installMissingTools(): Promise<boolean> {
  const missing: readonly (keyof typeof reasons)[] = [
    ...(Object.keys(machineTools) as (keyof typeof machineTools)[]).filter(
      (tool) => !isInstalled(machineTools[tool]),
    ),
    ...missingBuildTools(process.env, someUser),
  ];
  if (missing.length === 0) return true;
  const os = await readOsRelease();
  const { commands, packages } = installCommand(os, missing);
  console.error('This host lacks:');
  for (const tool of missing) console.error(`  ${tool.padEnd(14)} ${reasons[tool]}`);
  if (commands.length === 0) {
    console.error(`Install for ${os.prettyName}, then run this again: ${packages.join(', ')}`);
    return false;
  }
  const prefix = process.getuid?.() === 0 ? [] : ['sudo'];
  console.error(`Installing, as root, on ${os.prettyName}:`);
  for (const command of commands) console.error(`  ${[...prefix, ...command].join(' ')}`);
  for (const command of commands) {
    const [program = '', ...args] = [...prefix, ...command];
    const { status } = spawnSync(program, args, {
      stdio: ['inherit', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status !== 0) {
      console.error(`${program} ended with status ${status}; nothing else was changed.`);
      return false;
    }
  }
  return true;
}
