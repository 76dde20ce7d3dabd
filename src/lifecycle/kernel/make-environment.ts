import type { Environment } from '../../environment.ts';

/**
 * What a make around utopia would tell this one, and what would lead Kconfig to other files than
 * those that were looked at. KBUILD_… and CROSS_COMPILE are the user's; where objects go is said on
 * the command line.
 */
const foreign: ReadonlySet<string> = new Set([
  ...['MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES', 'O', 'KBUILD_OUTPUT'],
  ...['KCONFIG_CONFIG', 'KCONFIG_ALLCONFIG', 'KCONFIG_DEFCONFIG_LIST', 'CONFIG_'],
]);

/** The user's environment for a make of the kernel's, in the user's language. Pure. */
export function makeEnvironment(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !foreign.has(name)));
}

/** The same for one whose messages are read: they are in English. Pure. */
export function englishMakeEnvironment(env: Environment): Environment {
  // The kernel's Makefile takes LC_ALL away.
  const english = { LC_ALL: 'C', LC_MESSAGES: 'C', LC_CTYPE: 'C', LANG: 'C', LANGUAGE: undefined };
  return { ...makeEnvironment(env), ...english };
}
