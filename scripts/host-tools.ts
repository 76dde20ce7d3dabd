import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { readOsRelease } from '../src/host/find-qemu.ts';
import { installCommand, type Tool } from '../src/host/packages.ts';

/** The program that shows whether a tool is there, and what it is needed for. */
const toolSigns: Readonly<Record<Tool, { readonly program: string; readonly why: string }>> = {
  qemu: { program: 'qemu-system-x86_64', why: 'runs the machine' },
  'qemu-img': { program: 'qemu-img', why: "makes the machine's own disk" },
  ssh: { program: 'ssh', why: 'reaches the guest' },
  flock: { program: 'flock', why: 'keeps two starts apart' },
  mmdebstrap: { program: 'mmdebstrap', why: 'fetches Debian for the image' },
  mke2fs: { program: 'mke2fs', why: "makes the image's file system" },
  sfdisk: { program: 'sfdisk', why: "writes the image's partition table" },
  grub: { program: 'grub-mkimage', why: "makes the image's boot loader" },
};

/**
 * Installs what this host lacks of everything that utopia uses. Says first what,
 * why and with which commands; runs them as root, through sudo where need be.
 * Returns false when it could not.
 */
export async function installMissingTools(): Promise<boolean> {
  const tools = Object.keys(toolSigns) as Tool[];
  const missing = tools.filter((tool) => !isInstalled(toolSigns[tool].program));
  if (missing.length === 0) return true;
  const os = await readOsRelease();
  const { commands, packages } = installCommand(os, missing);
  console.error('This host lacks:');
  for (const tool of missing) {
    console.error(`  ${toolSigns[tool].program.padEnd(20)} ${toolSigns[tool].why}`);
  }
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

function isInstalled(program: string): boolean {
  // A user's PATH often lacks sbin, where mke2fs and sfdisk are.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
