import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { watchModules } from '../../../src/kernel/gdb-modules.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// The real gdb, on a program that enters a handler as the kernel's entry code does: all registers in
// a struct pt_regs, at which the stack pointer is, and no DWARF of it.
needsOfHost('gdb', 'compiler');

const saveOthers = [
  ...['rdi', 'rsi', 'rdx', 'rcx', 'rax', 'r8', 'r9', 'r10', 'r11', 'rbx', 'rbp', 'r12', 'r13'],
  ...['r14', 'r15'],
]
  .map((name) => `"pushq %%${name}\\n"`)
  .join('');

/** The address at which the program is interrupted: its own next line, or one without memory, called from there. */
type Place = 'next line' | 'nowhere';

/** Goes to an entry of this name as from code whose segment is `cs`, and never comes back. */
const enter = (entry: string, cs: number, ss: number, place: Place): string =>
  `asm volatile("leaq 2f(%%rip), %%rcx\\n" ${place === 'nowhere' ? '"pushq %%rcx\\n" "xor %%ecx, %%ecx\\n"' : ''}
  "mov %%rsp, %%rax\\n" "pushq $${ss}\\n" "pushq %%rax\\n" "pushfq\\n" "pushq $${cs}\\n"
  "pushq %%rcx\\n" "pushq $-1\\n" ${saveOthers} "jmp ${entry}\\n" : : : "rax", "rcx", "memory");`;

const program = (cs: number, place: Place): string => `
asm(".text\\n.globl asm_exc_page_fault\\nasm_exc_page_fault:\\ncall exc_page_fault\\nnop\\n");
asm(".text\\n.globl entry_SYSCALL_64\\nentry_SYSCALL_64:\\ncall do_syscall_64\\nnop\\n");
void exc_page_fault(void) { __builtin_trap(); }
int read_value(int given)
{
	int local = given * 2;
	${enter('asm_exc_page_fault', cs, 0x18, place)}
	asm volatile("2: nop"); /* the fault */
	return local;
}
void do_syscall_64(void) { read_value(21); }
int main(void)
{
	${enter('entry_SYSCALL_64', 0x33, 0x2b, 'next line')}
	asm volatile("2: nop");
	return 0;
}
`;

const lineOfFault = (text: string): number =>
  text.split('\n').findIndex((line) => line.includes('the fault')) + 1;

function debug(cs: number, place: Place = 'next line'): string {
  using folder = temporaryFolder();
  const source = join(folder.path, 'entry.c');
  const binary = join(folder.path, 'entry');
  writeFileSync(source, program(cs, place));
  execFileSync('gcc', ['-g', '-O0', '-mno-red-zone', '-no-pie', '-o', binary, source]);
  const watch = watchModules({ folders: [], vmlinux: binary, crashed: { cpu: 0 } });
  const commands = ['run', watch, 'print local', 'backtrace'].flatMap((each) => ['-ex', each]);
  return execFileSync('gdb', ['-q', '-nx', '-batch', ...commands, binary], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, DEBUGINFOD_URLS: '' },
  });
}

test('a backtrace goes through an exception into the function that raised it, and ends at the system call', () => {
  const said = debug(0x10);
  // It begins in that function, at the line of the instruction, not of the one before.
  expect(said).toContain('$1 = 42');
  expect(said).toMatch(/^At \$fault: .*<read_value\+\d+>:\tnop$/m);
  const line = lineOfFault(program(0x10, 'next line'));
  expect(said).toMatch(
    new RegExp(String.raw`^#2 .* read_value .*entry\.c:${line}\n${line}\t`, 'm'),
  );
  const names = [...said.matchAll(/^#\d+ +(?:0x[\da-f]+ in )?([\w?]+) \(/gm)].map(
    ([, name]) => name,
  );
  expect(names.slice(names.indexOf('exc_page_fault'))).toEqual([
    ...['exc_page_fault', 'asm_exc_page_fault', 'read_value', 'do_syscall_64', 'entry_SYSCALL_64'],
    '??',
  ]);
  expect(said).toMatch(/^#\d+ +0x0000000000000000 in \?\? \(\)$/m);
});

test('a call of a pointer that leads nowhere is shown in its caller', () => {
  const said = debug(0x10, 'nowhere');
  expect(said).toContain('The processor was sent to 0x0, where there is no code');
  expect(said).toContain('$1 = 42');
  expect(said).toMatch(/^#\d+ .* asm_exc_page_fault .*\n#\d+ .* read_value \(given=21\)/m);
  expect(said).toMatch(/^#\d+ .* entry_SYSCALL_64 \(\)/m);
});

test('registers that are none lead nowhere', () => {
  const said = debug(0x12345);
  expect(said).toContain('asm_exc_page_fault');
  expect(said).not.toMatch(/^#\d+ .* read_value \(/m);
});
