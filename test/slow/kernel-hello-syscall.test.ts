import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { suiteImage } from '../support/image.ts';
import { debianKernels, kernelSource, type DebianSuite } from '../support/kernel-source.ts';
import { makeLab } from '../support/lab.ts';
import { readBlocks } from '../support/page-blocks.ts';
import { makePageFolder } from '../support/page-lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// docs/hello-syscall.md as a reader follows it: its commands are run, its patches applied, its
// program compiled, and what it prints is compared with what the page shows.
const ready = needsOfHost('qemu', 'image-tools', 'ssh', 'kernel-build', 'debian-source');
/** Those whose images utopia offers. */
const suites: readonly DebianSuite[] = ['bookworm', 'trixie'];
const chosen = process.env['UTOPIA_TEST_SUITES']?.split(',');

const runFile = promisify(execFile);

/** Times and numbers of processes differ from run to run. */
function withoutNumbers(text: string): string {
  return text.replaceAll(/\[ *\d+\.\d+\]/g, '[T]').replaceAll(/\(pid \d+\)/g, '(pid N)');
}

test.each(suites.filter((suite) => chosen?.includes(suite) !== false))(
  'the system call of the page works in the kernel of %s',
  async (suite) => {
    if (!ready) return;
    const version = debianKernels[suite];
    const source = kernelSource(suite);
    await using lab = await makeLab({ backing: await suiteImage(suite, 'minimal') });
    const { folder, env } = makePageFolder(lab);
    let output = '';
    for (const { language, text } of readBlocks('hello-syscall.md')) {
      if (language === 'sh') {
        const line = text
          .replaceAll(/^sudo .*$/gm, '')
          .replaceAll('linux-source-6.12', `linux-source-${version}`)
          .replaceAll('/usr/src', dirname(source));
        const { stdout, stderr } = await runFile('bash', ['-euc', line], { cwd: folder, env });
        output = `${stdout}${stderr}`;
      } else if (language === 'diff') {
        execFileSync('patch', ['-p1', '-d', join(folder, `linux-source-${version}`)], {
          input: text,
        });
      } else if (language === 'c') {
        const [, name = ''] = /^\/\* (\S+) \*\/\n/.exec(text) ?? [];
        writeFileSync(join(folder, name), text);
      } else {
        for (const line of text.trimEnd().split('\n')) {
          expect(withoutNumbers(output).split('\n')).toContain(withoutNumbers(line));
        }
      }
    }
  },
);
