import { expect, test } from 'vitest';
import { closeOverNeeds, readInstalledPackages } from '../../../src/module/installed-packages.ts';
import { toolPackages, toolPaths } from '../../../src/module/tool-packages.ts';

const status = `Package: gcc-12
Status: install ok installed
Architecture: amd64
Version: 12.2.0-14
Depends: cpp-12 (= 12.2.0-14), gcc-12-base, libc6 (>= 2.36)
Description: GNU C compiler
 Depends: nothing of this line counts

Package: cpp-12
Status: install ok installed
Depends: gcc-12-base, awk | perl:any
Version: 12.2.0-14

Package: mawk
Status: install ok installed
Provides: awk
Version: 1

Package: gcc-12-base
Status: deinstall ok config-files
Version: 0

Package: libc6
Status: install ok installed
Pre-Depends: libgcc-s1
Version: 2.36

Package: libgcc-s1
Status: install ok installed
Depends: libc6
Version: 12

Package: ../evil
Status: install ok installed

Package: make
Status: hold ok installed
Version: 4.3

Package: dash
Status: install ok installed
Essential: yes
Version: 0.5
`;
const packages = readInstalledPackages(status);

test('what dpkg has installed is read, with what it needs', () => {
  expect(packages.map(({ name }) => name)).toEqual([
    ...['gcc-12', 'cpp-12', 'mawk', 'libc6', 'libgcc-s1', 'make', 'dash'],
  ]);
  expect(packages[0]).toEqual({
    ...{ name: 'gcc-12', version: '12.2.0-14', architecture: 'amd64', essential: false },
    ...{ needs: [['cpp-12'], ['gcc-12-base'], ['libc6']], provides: [] },
  });
});

test('needs are followed to their end, in circles and by other names too', () => {
  const names = closeOverNeeds(packages, ['gcc-12', 'none']).map(({ name }) => name);
  expect(names).toEqual(['cpp-12', 'gcc-12', 'libc6', 'libgcc-s1', 'mawk']);
});

test('a tool chain is make, the compiler and what every script takes for granted', () => {
  const chosen = toolPackages(packages, { kind: 'gcc', major: 12, name: undefined });
  const names = 'packages' in chosen ? chosen.packages.map(({ name }) => name) : [];
  expect(names).toEqual([...['cpp-12', 'dash', 'gcc-12', 'libc6', 'libgcc-s1', 'make', 'mawk']]);
  expect(toolPackages(packages, { kind: 'gcc', major: 14, name: undefined })).toEqual({
    missing: 'gcc-14',
  });
  expect(toolPackages(packages, { kind: 'clang', major: 19, name: undefined })).toEqual({
    missing: 'clang-19',
  });
});

test('of a list no documents, settings or kernels are taken', () => {
  const taken = ['/bin/dash', '/usr/lib/gcc/x/cc1', '/usr/share/perl5/a.pm', '/usr/libexec/x'];
  const left = [
    ...['/.', 'relative', '', '/etc/shadow', '/usr/share/doc/x', '/var/lib/x'],
    ...['/usr/lib/modules/6.1/a.ko', '/boot/vmlinuz', '/usr/src/x'],
  ];
  expect(toolPaths([...left, ...taken].join('\n'))).toEqual(taken);
});

test('a status that is made to cost time costs little', () => {
  const many = Array.from(
    { length: 30_000 },
    (_, index) =>
      `Package: p${index}\nStatus: install ok installed\nDepends: p${(index + 1) % 30_000}, ${'a | '.repeat(50)}p0`,
  );
  const read = readInstalledPackages(`${many.join('\n\n')}\n${'\n'.repeat(100_000)}`);
  expect(read).toHaveLength(20_000);
  expect(closeOverNeeds(read, ['p0']).length).toBe(20_000);
  expect(readInstalledPackages(': '.repeat(500_000))).toEqual([]);
});
