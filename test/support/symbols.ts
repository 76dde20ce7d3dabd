import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

const source = `int jiffies_of_lab;
void _start(void)
{
	for (;;)
		jiffies_of_lab++;
}
`;

/**
 * Compiles something with symbols, as a kernel's vmlinux is, to this path; it never runs. `words`
 * are more of the compiler's. Needs the `compiler` of requirements.ts.
 */
export function makeSymbols(
  vmlinux: string,
  words: readonly string[] = ['-g', '-static', '-nostdlib'],
): void {
  const file = `${vmlinux}.c`;
  writeFileSync(file, source);
  execFileSync('gcc', [...words, '-O0', '-o', vmlinux, file]);
  rmSync(file);
}
