import { expect, test } from 'vitest';
import { createBuildOutput, type BuildSummary } from '../../../src/kernel/build-output.ts';

const inTree = { source: '/src/linux', out: '/src/linux' };

function read(text: string, folders = inTree): BuildSummary {
  const output = createBuildOutput(folders);
  for (const line of text.split('\n')) output.take(line);
  return output.summary();
}

/** Recorded of Linux 6.1 with gcc 12, in a locale of UTF-8. */
const headerOfTwo = `  CC      init/version.o
In file included from init/version.c:17:
./include/linux/utsname.h: In function ‘lab_bad’:
./include/linux/utsname.h:93:42: error: ‘lab_nothing’ undeclared (first use in this function)
   93 | static inline int lab_bad(void) { return lab_nothing; }
      |                                          ^~~~~~~~~~~
./include/linux/utsname.h:93:42: note: each undeclared identifier is reported only once for each function it appears in
In file included from init/version-timestamp.c:9,
                 from init/version.c:53:
./include/linux/utsname.h: At top level:
./include/linux/utsname.h:93:19: error: redefinition of ‘lab_bad’
   93 | static inline int lab_bad(void) { return lab_nothing; }
      |                   ^~~~~~~
./include/linux/utsname.h:93:19: note: previous definition of ‘lab_bad’ with type ‘int(void)’
./include/linux/utsname.h:93:42: error: ‘lab_nothing’ undeclared (first use in this function)
init/version.c: In function ‘lab_count’:
init/version.c:56:84: warning: format ‘%s’ expects argument of type ‘char *’, but argument 4 has type ‘int’ [-Wformat=]
   56 | static int __init lab_count(void) { int unused; char b[4]; return snprintf(b, 3, "%s", 5); }
      |                                                                                   ~^   ~
      |                                                                                    |   |
      |                                                                                    char *
make[2]: *** [scripts/Makefile.build:255: init/version.o] Error 1
make[1]: *** [scripts/Makefile.build:508: init] Error 2
make: *** [Makefile:2065: .] Error 2`;

test('a compiler: places in headers say who included them, notes and quoted source say nothing', () => {
  const summary = read(headerOfTwo);
  expect(summary).toMatchObject({
    errors: [
      {
        ...{ file: 'include/linux/utsname.h', line: 93, column: 42 },
        message: '‘lab_nothing’ undeclared (first use in this function)',
        includedFrom: 'init/version.c:17',
      },
      { file: 'include/linux/utsname.h', line: 93, includedFrom: 'init/version.c:53' },
    ],
    warnings: [{ file: 'init/version.c', line: 56, column: 84 }],
    errorCount: 2,
    ...{ warningCount: 1, steps: 1, compiled: true, failedTarget: 'init/version.o' },
  });
  expect(summary.errors).toHaveLength(2);
  expect(summary.warnings[0]).not.toHaveProperty('includedFrom');
});

const folders = { source: '/src/linux', out: '/home/me/out' };

test.each([
  ['../../../src/linux/kernel/fork.c:12:5: error: x', 'kernel/fork.c'],
  ['/src/linux/kernel/fork.c:12:5: error: x', 'kernel/fork.c'],
  ['include/generated/a.h:12: error: x', 'include/generated/a.h'],
  ['/usr/include/stdio.h:12: error: x', '/usr/include/stdio.h'],
])('%s, built in another folder', (line, file) => {
  expect(read(line, folders).errors).toMatchObject([{ file, line: 12, message: 'x' }]);
});

test.each<[string, string | null, number | null, string]>([
  [
    "lib/ctype.c:39:33: error: implicit declaration of function 'f' [-Werror=implicit-function-declaration]",
    'lib/ctype.c',
    39,
    "implicit declaration of function 'f' [-Werror=implicit-function-declaration]",
  ],
  [
    "arch/x86/lib/getuser.S:12: Error: no such instruction: `lab'",
    'arch/x86/lib/getuser.S',
    12,
    "no such instruction: `lab'",
  ],
  [
    'init/main.c:3:10: fatal error: lab.h: No such file or directory',
    'init/main.c',
    3,
    'lab.h: No such file or directory',
  ],
  [
    'ERROR: modpost: "lab_gone" [lib/crc7.ko] undefined!',
    'lib/crc7.ko',
    null,
    '"lab_gone" [lib/crc7.ko] undefined!',
  ],
  [
    'ERROR: "lab_gone" [drivers/lab/lab.ko] undefined!',
    'drivers/lab/lab.ko',
    null,
    '"lab_gone" [drivers/lab/lab.ko] undefined!',
  ],
  [
    'ERROR: modpost: missing MODULE_LICENSE() in lib/lab.o',
    'lib/lab.o',
    null,
    'missing MODULE_LICENSE() in lib/lab.o',
  ],
  [
    "make[3]: *** No rule to make target 'debian/certs/debian-uefi-certs.pem', needed by 'certs/x509_certificate_list'.  Stop.",
    null,
    null,
    "No rule to make target 'debian/certs/debian-uefi-certs.pem', needed by 'certs/x509_certificate_list'.",
  ],
  [
    'kernel/Makefile:12: *** missing separator.  Stop.',
    'kernel/Makefile',
    12,
    'missing separator.',
  ],
  ['init/Kconfig:12: syntax error', 'init/Kconfig', 12, 'syntax error'],
  [
    'drivers/Kconfig:5: unknown statement "boool"',
    'drivers/Kconfig',
    5,
    'unknown statement "boool"',
  ],
  ['/bin/sh: 1: flex: not found', null, null, 'flex: not found'],
  ['/bin/sh: line 1: bison: command not found', null, null, 'bison: not found'],
  ['make[1]: gcc: No such file or directory', null, null, 'gcc: not found'],
  [
    'gcc: fatal error: Killed signal terminated program cc1',
    null,
    null,
    'Killed signal terminated program cc1',
  ],
  [
    "gcc: error: unrecognized command-line option '-mlab'",
    null,
    null,
    "unrecognized command-line option '-mlab'",
  ],
  [
    '/usr/bin/ld: cannot find -lelf: No such file or directory',
    null,
    null,
    'cannot find -lelf: No such file or directory',
  ],
  [
    "init/main.c:12: multiple definition of `lab'; init/version.o:(.bss+0x0): first defined here",
    'init/main.c',
    12,
    "multiple definition of `lab'; init/version.o:(.bss+0x0): first defined here",
  ],
  [
    'BTF: .tmp_vmlinux.btf: pahole (pahole) is not available',
    null,
    null,
    'BTF: .tmp_vmlinux.btf: pahole (pahole) is not available',
  ],
  [
    'cc1: fatal error: error writing to /tmp/x.s: No space left on device',
    null,
    null,
    'error writing to /tmp/x.s: No space left on device',
  ],
  [
    'vmlinux.o: error: objtool: lab+0x1: unreachable',
    'vmlinux.o',
    null,
    'objtool: lab+0x1: unreachable',
  ],
])('an error: %s', (text, file, line, message) => {
  const { errors, warnings } = read(text);
  expect(errors).toHaveLength(1);
  expect(errors).toMatchObject([{ file, line, message }]);
  expect(warnings).toEqual([]);
});

test.each<[string, string | null, number | null]>([
  ['vmlinux.o: warning: objtool: lab_count+0x12: unreachable instruction', 'vmlinux.o', null],
  [
    'WARNING: modpost: vmlinux.o: section mismatch in reference: lab (section: .text) -> b (section: .init.text)',
    'vmlinux.o',
    null,
  ],
  [".config:12:warning: symbol value 'lab' invalid for NR_CPUS", '.config', 12],
  ['init/Kconfig:99:warning: leading whitespace ignored', 'init/Kconfig', 99],
  ['make[1]: warning:  Clock skew detected.  Your build may be incomplete.', null, null],
  [
    '/usr/bin/ld: warning: .tmp_vmlinux.kallsyms1 has a LOAD segment with RWX permissions',
    null,
    null,
  ],
  ['x86_64-linux-gnu-gcc-12: warning: optimization flag ignored', null, null],
])('a warning: %s', (text, file, line) => {
  const { errors, warnings } = read(text);
  expect(errors).toEqual([]);
  expect(warnings).toHaveLength(1);
  expect(warnings).toMatchObject([{ file, line }]);
});

test.each([
  'cc1: some warnings being treated as errors',
  'collect2: error: ld returned 1 exit status',
  'make[1]: *** Waiting for unfinished jobs....',
  'make: *** [Makefile:2065: .] Error 2',
  "make[1]: Target 'init/version.o' not remade because of errors.",
  "make[1]: warning: jobserver unavailable: using -j1.  Add `+' to parent make rule.",
  'compilation terminated.',
  '      |                                          ^~~~~~~~~~~',
  '  CC      init/error.o',
  'HOSTCC  scripts/basic/fixdep',
])('neither: %s', (text) => {
  expect(read(text)).toMatchObject({ errors: [], warnings: [] });
});

test('a linker names the function on the line before', () => {
  const text = `  LD      vmlinux
ld: init/version.o: in function \`lab_count':
version.c:(.text+0x6): undefined reference to \`lab_undefined'
make[1]: *** [scripts/Makefile.vmlinux:34: vmlinux] Error 1`;
  expect(read(text)).toMatchObject({
    errors: [
      {
        ...{ file: 'init/version.c', line: null },
        message: "undefined reference to `lab_undefined' in lab_count",
      },
    ],
    failedTarget: 'vmlinux',
  });
});

test('lld and rustc name the place on the line behind', () => {
  const lld = `ld.lld: error: undefined symbol: lab_undefined
>>> referenced by version.c:57 (/src/linux/init/version.c:57)
>>>               init/version.o:(lab_count) in archive vmlinux.a`;
  expect(read(lld).errors).toEqual([
    { file: 'init/version.c', line: 57, message: 'undefined symbol: lab_undefined' },
  ]);
  const rust = `error[E0425]: cannot find value \`lab\` in this scope
  --> samples/rust/rust_minimal.rs:12:5
   |
error: aborting due to 1 previous error
warning: unused variable: \`x\`
error: something without a place`;
  const summary = read(rust);
  expect(summary.errors).toEqual([
    {
      file: 'samples/rust/rust_minimal.rs',
      line: 12,
      column: 5,
      message: 'cannot find value `lab` in this scope [E0425]',
    },
    { file: null, line: null, message: 'something without a place' },
  ]);
  expect(summary.warnings).toEqual([{ file: null, line: null, message: 'unused variable: `x`' }]);
});

test("the Makefile's own words stand between stars", () => {
  const text = `***
*** The source tree is not clean, please run 'make mrproper'
*** in /src/linux
***
make[1]: *** [/src/linux/Makefile:615: outputmakefile] Error 1`;
  expect(read(text).errors).toEqual([
    ...[
      {
        file: null,
        line: null,
        message: "The source tree is not clean, please run 'make mrproper' in /src/linux",
      },
    ],
  ]);
});

test('what no rule knows is kept as the last lines before make gave up', () => {
  const text = `  GEN     lab
lab.awk: unexpected thing
make: *** [Makefile:12: lab] Error 1
make: Leaving directory`;
  expect(read(text)).toMatchObject({ errors: [], lastLines: ['lab.awk: unexpected thing'] });
});

test('each complaint is counted once, and few enough are kept', () => {
  const lines = Array.from({ length: 5000 }, (_none, at) => `a.c:${at % 700}: warning: x`);
  const { warnings, warningCount } = read(lines.join('\n'));
  expect(warnings).toHaveLength(200);
  expect(warningCount).toBe(700);
});

test.each(['a:', ' from ', '[', '*** ', 'Kconfig', '/', '(', 'ld', "in function '", 'x'.repeat(9)])(
  'lines of a megabyte of %j are read at once',
  (part) => {
    const long = part.repeat(Math.ceil(1e6 / part.length));
    const startedAt = performance.now();
    read(Array.from({ length: 20 }, () => long).join('\n'));
    expect(performance.now() - startedAt).toBeLessThan(2000);
  },
);
