import type { Requirement } from './requirement-kinds.ts';
import { bootRequirements } from './requirements-boot.ts';
import { labRequirements } from './requirements-lab.ts';

/** What a kernel needs to boot the lab's images, in the order of a boot; then what the lab uses. */
export const requirements: readonly Requirement[] = [...bootRequirements, ...labRequirements];
