import { resolve } from 'node:path';

/** An entry of compile_commands.json (clang's "JSON Compilation Database Format"). */
export interface CompileCommand {
  readonly directory: string;
  readonly file: string;
  readonly command: string;
}

/**
 * What kbuild wrote down about an object in `.NAME.o.cmd`: how it was compiled; undefined for what
 * was not compiled of C. `cmd_` is called `savedcmd_` from Linux 6.3 on. `directory` is where make
 * ran the compiler. Pure.
 */
export function readCompileCommand(text: string, directory: string): CompileCommand | undefined {
  const command = /^(?:saved)?cmd_\S+ := *(\S.* -c -o .*)$/m.exec(text)?.[1];
  const source = /^source_\S+ := *(\S+\.c)$/m.exec(text)?.[1];
  if (command === undefined || source === undefined) return undefined;
  // objtool and others stand behind the compiler, after a semicolon.
  const compile = command.split(' ; ')[0] ?? command;
  return { directory, file: resolve(directory, source), command: compile.replaceAll('\\#', '#') };
}
