import { expect, test } from 'vitest';
import { readCompileCommand } from '../../../src/module/compile-commands.ts';

const before63 = `cmd_/m/a.o :=  gcc-12 -Wp,-MMD,/m/.a.o.d -I./include -DX='"a"' -c -o /m/a.o /m/a.c ; ./tools/objtool/objtool --hacks /m/a.o

source_/m/a.o := /m/a.c

deps_/m/a.o := \\
  include/linux/kernel.h \\
`;

test('how an object was compiled, without what stands behind the compiler', () => {
  expect(readCompileCommand(before63, '/h')).toEqual({
    directory: '/h',
    file: '/m/a.c',
    command: `gcc-12 -Wp,-MMD,/m/.a.o.d -I./include -DX='"a"' -c -o /m/a.o /m/a.c`,
  });
});

test('from 6.3 on the name is another; a path may be relative', () => {
  const text = 'savedcmd_a.o := gcc -c -o a.o a.c\n\nsource_a.o := a.c\n';
  expect(readCompileCommand(text, '/m')).toMatchObject({ file: '/m/a.c' });
});

test.each(['cmd_/m/m.ko := ld -r -o /m/m.ko /m/m.o', '', 'source_/m/a.o := /m/a.c'])(
  '%j compiles nothing',
  (text) => {
    expect(readCompileCommand(text, '/h')).toBeUndefined();
  },
);
