import { agentTarget } from './agent.ts';
import { archiveTarget } from './archive.ts';
import { configTarget } from './config.ts';
import { consoleTarget } from './console.ts';
import { elfTarget } from './elf.ts';
import { qcow2Target } from './qcow2.ts';
import type { HostileTarget } from './target.ts';

/**
 * Every reader of foreign bytes. A new one gets a file beside this one and its line here: the
 * test and `npm run fuzz` take what is in the list.
 */
export const hostileTargets: readonly HostileTarget[] = [
  configTarget,
  elfTarget,
  consoleTarget,
  qcow2Target,
  agentTarget,
  archiveTarget,
];
