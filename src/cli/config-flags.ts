import { Option, type Command } from 'commander';
import { factsOf, keyNames, type KeyName } from '../config/keys.ts';

/** Options of commander as it hands them over: by camel-case name. */
export type ParsedOptions = Readonly<Record<string, unknown>>;

/** Adds the options that set a key of utopia.config for one run: --memory, --cpus, --ssh-port … */
export function addConfigFlags(command: Command): Command {
  for (const [key, option] of flagOptions()) {
    command.addOption(option.helpGroup('For this run instead of utopia.config:').argParser(String));
    option.description = `${key} (${factsOf(key).takes})`;
  }
  return command;
}

/** The keys that options of `addConfigFlags` set, as text for `loadConfig`. */
export function configFlags(options: ParsedOptions): Partial<Record<KeyName, string>> {
  const flags: Partial<Record<KeyName, string>> = {};
  for (const [key, option] of flagOptions()) {
    const value = options[option.attributeName()];
    if (typeof value === 'string') flags[key] = value;
  }
  return flags;
}

function flagOptions(): [KeyName, Option][] {
  return keyNames.flatMap((key) => {
    const { flag } = factsOf(key);
    return flag === undefined ? [] : [[key, new Option(flag)] satisfies [KeyName, Option]];
  });
}
