import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { checkingKernel } from '../support/checking-kernel.ts';
import { suiteImage, testCache } from '../support/image.ts';
import { makeLab, type Lab } from '../support/lab.ts';
import { openBench, runPage, type Bench, type CommandForms } from '../support/page-commands.ts';
import { makePageFolder } from '../support/page-lab.ts';
import { needsOfHost } from '../support/requirements.ts';

// Every command that docs/modules.md and docs/debugging.md show, in the order of the pages and in
// a real guest. One that a page gets runs as it stands; what cannot is below, with the reason. The
// first run builds a kernel and downloads the symbols of Debian's.
const ready = needsOfHost(
  ...(['qemu', 'image-tools', 'ssh', 'kernel-build', 'debian-source', 'debian-keys'] as const),
  ...(['gdb', 'drgn', 'crash'] as const),
);

vi.setConfig({ testTimeout: 5_400_000 });

const fixtures = join(import.meta.dirname, '../../fixtures');

/** A machine, and beside it the folders that the pages speak of. */
async function prepare(lab: Lab): Promise<Bench> {
  // The pages say ~/.cache.
  delete lab.env['XDG_CACHE_HOME'];
  const bench = openBench(makePageFolder(lab));
  const { folder, env } = bench;
  const symbols = join(testCache, 'kernel-symbols/utopia/symbols');
  const cache = join(env['HOME'] ?? '', '.cache/utopia');
  for (const each of [symbols, cache]) mkdirSync(each, { recursive: true, mode: 0o700 });
  symlinkSync(symbols, join(cache, 'symbols'));
  const { out } = await checkingKernel({ ...lab, env }, 'ask3', 'kunit');
  symlinkSync(out, join(folder, 'linux-6.12'));
  cpSync(join(fixtures, 'kunit/mixed'), join(folder, 'my-module'), { recursive: true });
  cpSync(join(fixtures, 'module-trials/crashed-read'), join(folder, 'faulty'), { recursive: true });
  await succeed(bench, 'utopia image warm');
  return bench;
}

function writeScript(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

async function succeed(bench: Bench, line: string, where?: string): Promise<string> {
  const { status, stdout, stderr } = await bench.run(line, where);
  expect(status, `${line}:\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** What the pages test in a module's own folder. */
const inModule = { where: 'lunix', says: /^\S passed, in / } as const;

const moduleForms: CommandForms = {
  'utopia module test lunix': { says: /^\S passed, in / },
  'utopia module test lunix --watch': { until: [/passed, in /, 'Ctrl-C'], status: 130 },
  'utopia module build': { where: 'lunix', says: /lunix\.ko/ },
  'utopia module build ~/lunix -j 2': {
    before: async (bench) => await succeed(bench, 'cp -r lunix ~'),
    where: 'lunix',
  },
  'utopia module build --kernel ask3': { where: 'lunix', says: /fits 6\.12\S* of your build/ },
  'utopia module test': inModule,
  'utopia module test -- cat /dev/lunix0-batt': {
    as: [
      'utopia module test -- cat /dev/lunix',
      'that of the page is a device of the exercise; module new makes this one',
    ],
    ...inModule,
  },
  'utopia test my-module --kernel kunit': { status: 1, says: /✗ sums_wrong/ },
  'utopia test --kunit --kernel kunit': { says: /passed/ },
  'utopia test linux-6.12 --kselftest kcmp': { says: /kcmp_test/ },
  'utopia test -- ./my-tests.sh': { says: /it adds/ },
  'utopia module load lunix -- debug=1': {
    before: async (bench) => await succeed(bench, 'utopia module unload lunix'),
    says: /debug/,
  },
};

test('docs/modules.md', async () => {
  if (!ready) return;
  await using lab = await makeLab({ backing: await suiteImage('trixie', 'lab') });
  const bench = await prepare(lab);
  writeScript(bench.folder, 'my-tests.sh', 'echo 1..1; echo "ok 1 - it adds"');
  await runPage(bench, 'modules.md', moduleForms);
  await succeed(bench, 'utopia down');
});

/** A guest that stands still, or that gdb has not let run yet, refuses. */
async function readWhenItRuns(bench: Bench): Promise<void> {
  for (;;) {
    const { status } = await bench.run('utopia exec -- head -c 1 /dev/lunix');
    if (status !== 69 && status !== 75) return;
  }
}

async function crashIt(bench: Bench): Promise<void> {
  await succeed(bench, 'utopia module load faulty');
  // It ends when the guest, paused there, goes on.
  void bench.start('exec utopia ssh -- cat /proc/crashed_read');
}

async function keptCrashes(bench: Bench): Promise<number> {
  const listed = await succeed(bench, 'utopia crash list --json');
  return (JSON.parse(listed) as { crashes: unknown[] }).crashes.length;
}

async function stateOf(bench: Bench): Promise<string> {
  return (JSON.parse(await succeed(bench, 'utopia status --json')) as { state: string }).state;
}

const waiting = { timeout: 300_000 };
/** What `utopia up` says when the machine is there, and it watches it. */
const isUp = /Ctrl-C here/;

const debuggingForms: CommandForms = {
  'utopia up --kernel ask3': { until: [isUp, 'goes on'] },
  'utopia gdb': { says: /Symbols: .*vmlinux/ },
  'utopia gdb --break lunix_chrdev_read': {
    before: async (bench) => await succeed(bench, 'utopia module load lunix'),
    as: [
      "utopia gdb --break lunix_read -- -batch -ex 'backtrace 2'",
      'the function is one of the exercise; and somebody types the commands',
    ],
    where: 'lunix',
    meanwhile: readWhenItRuns,
    says: /Breakpoint 1, lunix_read .*[^]*lunix\.c:\d+/,
    after: async (bench) => await succeed(bench, 'utopia down'),
  },
  'utopia kernel symbols': {
    before: async (bench) => await succeed(bench, 'utopia up --detach'),
    as: ['utopia kernel symbols --yes', 'it asks before it downloads'],
  },
  'utopia dump --format kdump /tmp/guest.kdump': {
    after: async (bench) => writeFileSync(join(bench.folder, 'tasks.py'), tasks),
  },
  'crash ~/.cache/utopia/symbols/RELEASE/vmlinux /tmp/guest.elf': {
    as: [
      'crash --version',
      'crash 8.0.2 of Debian 12 opens no dump of Linux 6.4 and later; crash.test.ts has one of 6.1',
    ],
    says: /^crash \d/m,
  },
  'utopia drgn tasks.py': { says: /^systemd$/m },
  'utopia up --on-crash keep': {
    before: async (bench) => await succeed(bench, 'utopia down'),
    until: [isUp, 'goes on'],
    after: async (bench) => {
      await crashIt(bench);
      await expect.poll(async () => await keptCrashes(bench), waiting).toBe(1);
    },
  },
  'utopia crash list': { says: /crashed_read/ },
  'utopia crash show': { says: /crashed_read_show/ },
  'utopia up --on-crash pause': {
    before: async (bench) => await succeed(bench, 'utopia down --force'),
    until: [isUp, 'goes on'],
    after: async (bench) => {
      await crashIt(bench);
      await expect.poll(async () => await stateOf(bench), waiting).toBe('paused-at-crash');
      const gdb = await succeed(
        bench,
        `utopia gdb -- -batch -ex backtrace -ex 'info line crashed_read_show'`,
        'faulty',
      );
      // In the kernel's own report, which is being printed, unless a busy host has paused it too late.
      expect
        .soft(gdb)
        .toMatch(
          / asm_exc_page_fault [^]* crashed_read_show [^]* entry_SYSCALL_64 |has gone on since the crash/,
        );
      expect.soft(gdb).toMatch(/Line \d+ of ".*crashed_read\.c" starts at/);
      await succeed(bench, 'utopia down --force');
    },
  },
  'utopia module test --on-crash keep': { where: 'faulty', status: 70 },
  'utopia run --on-crash pause -- ./test.sh': {
    before: async ({ folder }) =>
      writeScript(join(folder, 'faulty'), 'test.sh', 'insmod ./*.ko; cat /proc/crashed_read'),
    where: 'faulty',
    until: [/copy-[0-9a-f]{8}/, 'Ctrl-C'],
    status: 70,
    says: /crashed_read\.c:\d+/,
  },
};

const tasks = `from drgn.helpers.linux.pid import for_each_task
for task in for_each_task(prog):
    print(task.comm.string_().decode())
`;

test('docs/debugging.md', async () => {
  if (!ready) return;
  await using lab = await makeLab({
    backing: await suiteImage('trixie', 'lab'),
    config: ['UTOPIA_MEMORY_MB=512'],
  });
  const bench = await prepare(lab);
  await succeed(bench, 'utopia module new lunix --kind char');
  let release = '';
  const withRelease: CommandForms = {
    ...debuggingForms,
    'utopia kernel symbols 6.1.0-57-amd64 --yes': {
      before: async (each) => (release = (await succeed(each, 'utopia exec -- uname -r')).trim()),
    },
  };
  await runPage(bench, 'debugging.md', withRelease, () => ({
    // Debian's archive has the symbols of its newest kernel alone.
    '6.1.0-57-amd64': release,
    RELEASE: release,
    // Others have files there.
    '/tmp/guest': join(bench.folder, 'guest'),
  }));
});
