/** The function of src/commands that a line reaches, and what it is given besides context and globals. */
export interface Call {
  readonly calls: string;
  readonly given: readonly unknown[];
}

/**
 * What an option changes: these fields of the last record that the function is given, another call,
 * that the function's status becomes the program's, or nothing.
 */
export type Change = Readonly<Record<string, unknown>> | Call | 'exit status' | 'nothing';

/**
 * An option by its spellings (`-d, --detach`), or an optional argument by its name (`[name]`); its
 * value, where it takes one; what it changes; and the words without which it is refused or idle.
 */
export type OptionRow = readonly [
  spellings: string,
  value: string,
  change: Change,
  beside?: string,
];

export interface CommandRow extends Call {
  /** The arguments that the command needs, where it needs some. */
  readonly args?: string;
  /** The function's status becomes the program's also without an option. */
  readonly passesStatus?: true;
  /** The function takes the record in the place of the global options. */
  readonly withoutGlobals?: true;
  readonly options: readonly OptionRow[];
}

const flags = (key: string, value: string): Change => ({ flags: { [key]: value } });
const memory: OptionRow = ['--memory', '3G', flags('UTOPIA_MEMORY_MB', '3G')];
const cpus: OptionRow = ['--cpus', '3', flags('UTOPIA_CPUS', '3')];
const accel: OptionRow = ['--accel', 'tcg', flags('UTOPIA_ACCEL', 'tcg')];
const initrd: OptionRow = ['--initrd', 'i.img', flags('UTOPIA_INITRD', '/lab/i.img')];
const append: OptionRow = ['--append', 'single', flags('UTOPIA_APPEND', 'single')];
const kernel: readonly OptionRow[] = [
  ['--kernel', 'mine', flags('UTOPIA_KERNEL', 'mine')],
  ['--kernel', './bzImage', flags('UTOPIA_KERNEL', '/lab/./bzImage')],
  initrd,
  append,
];
const bisectUsual = { bootFailureIs: 'skip', output: undefined, llvm: false, ccache: false };
const sensors: OptionRow = ['--sensors', 'sim', flags('UTOPIA_SENSORS', 'sim')];
const keys: readonly OptionRow[] = [
  memory,
  cpus,
  accel,
  ['--ssh-port', '2345', flags('UTOPIA_SSH_PORT', '2345')],
  ['--login', 'key', flags('UTOPIA_LOGIN', 'key')],
  ['--network', 'none', flags('UTOPIA_NETWORK', 'none')],
  ['--vnc', 'unix', flags('UTOPIA_VNC', 'unix')],
  ['--on-crash', 'keep', flags('UTOPIA_ON_CRASH', 'keep')],
  ['--name', 'ask1', flags('UTOPIA_NAME', 'ask1')],
  ['--disk', 'a.img --disk /b.img', flags('UTOPIA_DISKS', '/lab/a.img /b.img')],
  sensors,
  ...kernel,
];

/** Every command that does something, by the words that run it. */
export const commandTable: Readonly<Record<string, CommandRow>> = {
  up: {
    calls: 'runUp',
    given: [
      {
        detach: false,
        wait: true,
        timeoutMs: undefined,
        stallMs: 120_000,
        ensure: false,
        yes: false,
        dryRun: false,
        here: false,
        exposeAnyway: false,
        cold: false,
        debug: false,
        bootEntry: undefined,
        qemuArgs: [],
        flags: {},
      },
    ],
    passesStatus: true,
    options: [
      ['-d, --detach', '', { detach: true }],
      ['--ensure', '', { ensure: true }],
      ['--no-wait', '', { wait: false, detach: true }, '--detach'],
      ['--timeout', '7.5', { timeoutMs: 7500 }],
      ['--stall', '8', { stallMs: 8000 }],
      ['-y, --yes', '', { yes: true }],
      ['--expose-anyway', '', { exposeAnyway: true }],
      ['--cold', '', { cold: true }],
      ['--debug', '', { debug: true }],
      ['--boot-entry', 'previous', { bootEntry: 'previous' }],
      ['--here', '', { here: true }],
      ['--dry-run', '', { dryRun: true }],
      ['[qemu-args]', '-- -device edu -d int', { qemuArgs: ['-device', 'edu', '-d', 'int'] }],
      ...keys,
    ],
  },
  down: {
    calls: 'runDown',
    given: [{ force: false, timeoutMs: 90_000 }],
    options: [
      ['-f, --force', '', { force: true }],
      ['--timeout', '7', { timeoutMs: 7000 }],
    ],
  },
  reboot: {
    calls: 'runReboot',
    given: [{ force: false, timeoutMs: 90_000, wait: true, stallMs: 120_000 }],
    options: [
      ['-f, --force', '', { force: true }],
      ['--timeout', '7', { timeoutMs: 7000 }],
      ['--no-wait', '', { wait: false }],
      ['--stall', '8', { stallMs: 8000 }],
    ],
  },
  rescue: {
    calls: 'runRescue',
    given: [
      {
        attach: false,
        fsck: false,
        detach: false,
        timeoutMs: undefined,
        stallMs: 120_000,
        yes: false,
        flags: {},
      },
    ],
    options: [
      ['--attach', '', { attach: true }],
      ['--fsck', '', { attach: true, fsck: true }],
      ['-d, --detach', '', { detach: true }],
      ['--timeout', '7.5', { timeoutMs: 7500 }],
      ['--stall', '8', { stallMs: 8000 }],
      ['-y, --yes', '', { yes: true }],
      ...[memory, cpus, accel],
    ],
  },
  status: {
    calls: 'runStatus',
    given: [],
    options: [['--exit-status', '', 'exit status']],
  },
  ssh: {
    calls: 'runSsh',
    given: [{ login: 'root', words: [], tty: false }],
    passesStatus: true,
    options: [
      ['-l, --login', 'user', { login: 'user' }],
      ['-t, --tty', '', { tty: true }],
      ['[command]', '-- ls -l', { words: ['ls', '-l'] }],
    ],
  },
  exec: {
    args: 'grep -q x',
    calls: 'runExec',
    given: [{ login: 'root', words: ['grep', '-q', 'x'] }],
    passesStatus: true,
    options: [['-l, --login', 'user', { login: 'user' }]],
  },
  cp: {
    args: 'a :b',
    calls: 'runCp',
    given: [{ login: 'root', paths: ['a', ':b'], preserve: false }],
    options: [
      ['-l, --login', 'user', { login: 'user' }],
      ['-p, --preserve', '', { preserve: true }],
      // Folders are copied without it, too.
      ['-r, --recursive', '', 'nothing'],
    ],
  },
  'ssh-config': {
    calls: 'runSshConfig',
    given: [{ login: 'root', action: 'print' }],
    options: [
      ['-l, --login', 'user', { login: 'user' }],
      ['--install', '', { action: 'install' }],
      ['--remove', '', { action: 'remove' }],
    ],
  },
  mount: {
    calls: 'runMount',
    given: [{ folder: undefined, once: false, sshfs: undefined }],
    options: [
      ['[folder]', '/mnt', { folder: '/mnt' }],
      ['--once', '', { once: true }],
      ['--sshfs', '', { sshfs: true }],
      ['--sshfs', 'src', { sshfs: 'src' }],
    ],
  },
  passwd: {
    calls: 'runPasswd',
    given: [{ account: 'root', stdin: false }],
    options: [
      ['[account]', 'user', { account: 'user' }],
      ['--stdin', '', { stdin: true }],
    ],
  },
  login: {
    calls: 'runLogin',
    given: [undefined],
    options: [
      ['[how]', 'key', { calls: 'runLogin', given: ['key'] }],
      ['[how]', 'password', { calls: 'runLogin', given: ['password'] }],
    ],
  },
  expose: {
    calls: 'runExpose',
    given: [{ off: false, anyway: false }],
    options: [
      ['--off', '', { off: true }],
      ['--expose-anyway', '', { anyway: true }],
    ],
  },
  ls: {
    calls: 'runLs',
    given: [{ all: false }],
    options: [['-a, --all', '', { all: true }]],
  },
  logs: {
    calls: 'runLogs',
    given: [{ follow: false, since: undefined, boot: undefined, qemu: false, lines: undefined }],
    options: [
      ['-f, --follow', '', { follow: true }],
      ['--since', '10m', { since: '10m' }],
      ['--boot', '2', { boot: 2 }],
      ['--lines', '3', { lines: 3 }],
      ['--qemu', '', { qemu: true }],
    ],
  },
  console: { calls: 'runConsole', given: [], options: [] },
  screenshot: {
    calls: 'runScreenshot',
    given: [{ file: undefined }],
    options: [['[file]', 'a.png', { file: 'a.png' }]],
  },
  key: {
    args: 'f2',
    calls: 'runKeys',
    given: [{ chords: ['f2'], list: false }],
    options: [
      ['--list', '', { list: true }],
      ['[keys]', 'ctrl-alt-del ret', { chords: ['ctrl-alt-del', 'ret'] }],
    ],
  },
  sysrq: {
    calls: 'runSysrq',
    given: [{ key: undefined }],
    options: [['[key]', 't', { key: 't' }]],
  },
  vnc: {
    calls: 'runVnc',
    given: [{ print: false }],
    options: [['--print', '', { print: true }]],
  },
  forward: {
    calls: 'runForward',
    given: [{ rules: [], remove: false }],
    options: [
      ['[rules]', '8080:80 2222:22/udp', { rules: ['8080:80', '2222:22/udp'] }],
      ['--remove', '', { rules: ['8080'], remove: true }, '8080'],
      // What the command does without rules, for who wants to say it.
      ['--list', '', 'nothing'],
    ],
  },
  oops: {
    calls: 'runOops',
    given: [{ last: undefined, all: false, log: undefined, vmlinux: undefined }],
    options: [
      ['[file]', 'dmesg.txt', { log: 'dmesg.txt' }],
      ['--last', '3', { last: 3 }],
      ['--all', '', { all: true }],
      ['--log', 'serial.log', { log: 'serial.log' }],
      ['--vmlinux', 'vmlinux', { vmlinux: 'vmlinux' }],
    ],
  },
  run: {
    args: '-- ./test.sh -v',
    calls: 'runRun',
    given: [
      {
        words: ['./test.sh', '-v'],
        timeoutMs: undefined,
        use: 'read',
        copyOut: [],
        keep: undefined,
        junit: undefined,
        each: [],
        commands: undefined,
        jobs: undefined,
        results: undefined,
        resume: false,
        logs: undefined,
        maxLogBytes: 64 * 2 ** 20,
        maxCopyOutBytes: 2 ** 30,
        maxOutputBytes: 2 ** 20,
        yes: false,
        network: false,
        with: [],
        shareFolder: false,
        from: undefined,
        cold: false,
        fed: false,
        watchesCrashes: false,
        kernels: [],
        bisect: undefined,
        flags: {},
      },
    ],
    passesStatus: true,
    options: [
      ['[command]', '-- true', { words: ['true'] }],
      ['--timeout', '7', { timeoutMs: 7000 }],
      ['--rw', '', { use: 'write' }],
      ['--copy-in', '', { use: 'private' }],
      ['--copy-out', 'a --copy-out b', { use: 'private', copyOut: ['a', 'b'] }],
      ['--keep', '', { keep: { name: undefined } }],
      ['--keep', 'debug', { keep: { name: 'debug' } }],
      ['--junit', 'marks.xml', { junit: 'marks.xml' }],
      ['--each', 'a b', { each: ['a', 'b'] }],
      ['--with', 'c d', { with: ['c', 'd'], each: ['a'] }, '--each a'],
      ['--share-folder', '', { shareFolder: true, each: ['a'] }, '--each a'],
      ['--commands', 'tests.txt', { commands: 'tests.txt' }],
      ['--results', 'out', { results: 'out', each: ['a'] }, '--each a'],
      ['--resume', '', { resume: true, results: 'out', each: ['a'] }, '--results out --each a'],
      ['--logs', 'logs', { logs: 'logs', each: ['a'] }, '--each a'],
      ['--max-log', '3M', { maxLogBytes: 3 * 2 ** 20, logs: 'l' }, '--logs l'],
      [
        '--max-copy-out',
        '5K',
        { maxCopyOutBytes: 5 * 2 ** 10, copyOut: ['a'], use: 'private' },
        '--copy-out a',
      ],
      ['--jobs', '2', { jobs: 2, each: ['a'] }, '--each a'],
      ['--max-output', '6M', { maxOutputBytes: 6 * 2 ** 20 }],
      ['--network', '', { network: true }],
      ['--from', 'ready', { from: 'ready' }],
      ['--cold', '', { cold: true }],
      ['-y, --yes', '', { yes: true }],
      memory,
      cpus,
      accel,
      ['--sensors', 'replay:a.bin', { fed: true, flags: { UTOPIA_SENSORS: 'replay:/lab/a.bin' } }],
      ['--on-crash', 'keep', { watchesCrashes: true, flags: { UTOPIA_ON_CRASH: 'keep' } }],
      ['--kernel', 'mine', { kernels: ['mine'], flags: { UTOPIA_KERNEL: 'mine' } }],
      [
        '--kernel',
        'mine,./bzImage',
        { kernels: ['mine', '/lab/./bzImage'], flags: { UTOPIA_KERNEL: 'mine' } },
      ],
      ['--bisect', '', { bisect: bisectUsual }],
      [
        '--boot-failure-is',
        'bad',
        { bisect: { ...bisectUsual, bootFailureIs: 'bad' } },
        '--bisect',
      ],
      ['-o, --output', '../out', { bisect: { ...bisectUsual, output: '../out' } }, '--bisect'],
      ['--llvm', '', { bisect: { ...bisectUsual, llvm: true } }, '--bisect'],
      ['--ccache', '', { bisect: { ...bisectUsual, ccache: true } }, '--bisect'],
      initrd,
      append,
    ],
  },
  suspend: { calls: 'runSuspend', given: [], options: [] },
  'snapshot save': {
    calls: 'runSnapshotSave',
    given: [{ name: undefined, text: undefined, replace: false }],
    options: [
      ['[name]', 'ready', { name: 'ready' }],
      ['-m, --message', 'compiles', { text: 'compiles' }],
      ['--replace', '', { replace: true }],
    ],
  },
  'snapshot list': { calls: 'runSnapshotList', given: [], options: [] },
  'snapshot restore': { args: 'x', calls: 'runSnapshotRestore', given: ['x'], options: [] },
  'snapshot show': { args: 'x', calls: 'runSnapshotShow', given: ['x'], options: [] },
  'snapshot remove': {
    args: 'x',
    calls: 'runSnapshotRemove',
    given: [{ name: 'x', yes: false }],
    options: [['-y, --yes', '', { yes: true }]],
  },
  reset: {
    calls: 'runReset',
    given: [{ yes: false, undo: undefined, purge: false }],
    options: [
      ['-y, --yes', '', { yes: true }],
      ['--undo', '', { undo: 'newest' }],
      ['--to', 'ready', { calls: 'runSnapshotRestore', given: ['ready'] }],
      ['--purge', '', { purge: true }],
    ],
  },
  undo: {
    calls: 'runReset',
    given: [{ yes: false, undo: 'further-back', purge: false }],
    options: [['[name]', 'then', { undo: { name: 'then' } }]],
  },
  init: { calls: 'runInit', given: [], options: [] },
  config: { calls: 'runConfig', given: [{ flags: {} }], options: keys },
  'image fetch': {
    args: 'http://h/x.raw',
    calls: 'runImageFetch',
    given: [{ url: 'http://h/x.raw', sha256: undefined, output: undefined }],
    options: [
      ['--sha256', 'abc', { sha256: 'abc' }],
      ['-o, --output', 'x.raw', { output: 'x.raw' }],
    ],
  },
  'image rebase': {
    calls: 'runImageRebase',
    given: [{ to: undefined, yes: false, force: false }],
    options: [
      ['--to', 'x.raw', { to: 'x.raw' }],
      ['-y, --yes', '', { yes: true }],
      ['--force', '', { force: true }],
    ],
  },
  'image build': {
    calls: 'runImageBuild',
    given: [
      {
        suite: 'trixie',
        profile: 'lab',
        size: '8G',
        include: [],
        output: undefined,
        mirror: undefined,
        yes: false,
        verify: true,
        warm: true,
      },
    ],
    options: [
      ['--suite', 'bookworm', { suite: 'bookworm' }],
      ['--profile', 'minimal', { profile: 'minimal' }],
      ['--size', '4G', { size: '4G' }],
      ['--include', 'valgrind nasm', { include: ['valgrind', 'nasm'] }],
      ['-o, --output', 'x.qcow2', { output: 'x.qcow2' }],
      ['--mirror', 'http://h/debian', { mirror: 'http://h/debian' }],
      ['-y, --yes', '', { yes: true }],
      ['--no-verify', '', { verify: false }],
      ['--no-warm', '', { warm: false }],
    ],
  },
  'kernel install': {
    calls: 'runKernelInstall',
    given: [{ build: undefined, yes: false, snapshot: true, timeoutMs: 90_000, stallMs: 120_000 }],
    options: [
      ['[build]', 'x', { build: 'x' }],
      ['-y, --yes', '', { yes: true }],
      ['--no-snapshot', '', { snapshot: false }],
      ['--timeout', '7', { timeoutMs: 7000 }],
      ['--stall', '8', { stallMs: 8000 }],
    ],
  },
  'kernel default': {
    calls: 'runKernelDefault',
    given: [undefined],
    options: [['[version]', 'x', { calls: 'runKernelDefault', given: ['x'] }]],
  },
  'image warm': {
    calls: 'runImageWarm',
    given: [{ again: false, flags: {} }],
    options: [['--again', '', { again: true }], memory, cpus, accel, ...kernel, sensors],
  },
  'image cool': {
    calls: 'runImageCool',
    given: [{ all: false }],
    options: [['--all', '', { all: true }]],
  },
  'image list': { calls: 'runImageList', given: [], options: [] },
  'image remove': {
    args: 'x',
    calls: 'runImageRemove',
    given: [{ name: 'x', yes: false }],
    options: [['-y, --yes', '', { yes: true }]],
  },
  disks: {
    calls: 'runDisks',
    given: [{}],
    options: [['--disk', 'a.img --disk /b.img', { UTOPIA_DISKS: '/lab/a.img /b.img' }]],
  },
  devices: {
    calls: 'runDevices',
    given: [{ yes: false }],
    options: [['-y, --yes', '', { yes: true }]],
  },
  'module new': {
    args: 'hello',
    calls: 'runModuleNew',
    given: [{ name: 'hello', kind: 'hello' }],
    options: [['--kind', 'ldisc', { kind: 'ldisc' }]],
  },
  gdb: {
    calls: 'runGdbCommand',
    given: [{ breakpoints: [], vmlinux: undefined, modules: [], emit: undefined, words: [] }],
    passesStatus: true,
    options: [
      ['[words]', 'x', { words: ['x'] }],
      ['-b, --break', 'do_fork', { breakpoints: ['do_fork'] }],
      ['--vmlinux', 'v', { vmlinux: 'v' }],
      ['--modules', 'm', { modules: ['/lab/m'] }],
      ['--emit', 'vscode', { emit: 'vscode' }],
    ],
  },
  dump: {
    calls: 'runDump',
    args: 'guest.elf',
    given: [{ file: 'guest.elf', format: 'elf', force: false }],
    options: [
      ['--format', 'kdump', { format: 'kdump' }],
      ['-f, --force', '', { force: true }],
    ],
  },
  drgn: {
    calls: 'runDrgn',
    given: [{ words: [], vmlinux: undefined, modules: [] }],
    passesStatus: true,
    options: [
      ['[words]', 'x.py y', { words: ['x.py', 'y'] }],
      ['--vmlinux', 'v', { vmlinux: 'v' }],
      ['--modules', 'm', { modules: ['/lab/m'] }],
    ],
  },
  'kernel symbols': {
    calls: 'runKernelSymbols',
    given: [{ release: undefined, mirror: 'http://deb.debian.org/debian', yes: false }],
    options: [
      ['[kernel]', '6.1.0-57-amd64', { release: '6.1.0-57-amd64' }],
      ['--mirror', 'http://m/debian', { mirror: 'http://m/debian' }],
      ['-y, --yes', '', { yes: true }],
    ],
  },
  'crash list': { calls: 'runCrashList', given: [], options: [] },
  'crash show': {
    calls: 'runCrashShow',
    given: [undefined],
    options: [['[number]', '2', { calls: 'runCrashShow', given: [2] }]],
  },
  'crash open': {
    calls: 'runCrashOpen',
    given: [{ number: undefined, words: [], reader: undefined, vmlinux: undefined, modules: [] }],
    passesStatus: true,
    options: [
      ['[number]', '2', { number: 2 }],
      ['[words]', '2 -- x.py', { words: ['x.py'], number: 2 }],
      ['--with', 'crash', { reader: 'crash' }],
      ['--vmlinux', 'v', { vmlinux: 'v' }],
      ['--modules', 'm', { modules: ['/lab/m'] }],
    ],
  },
  'crash remove': {
    calls: 'runCrashRemove',
    given: [{ numbers: [], all: false }],
    options: [
      ['[n]', '1 2', { numbers: [1, 2] }],
      ['--all', '', { all: true }],
    ],
  },
  'crash watch': {
    args: 'ask1-1a2b3c4d',
    calls: 'runCrashWatch',
    given: ['ask1-1a2b3c4d'],
    withoutGlobals: true,
    options: [],
  },
  'module build': {
    calls: 'runModuleBuild',
    given: [{ folder: undefined, jobs: undefined, check: false, yes: false, flags: {} }],
    options: [
      ['[dir]', 'lunix', { folder: 'lunix' }],
      ['-j, --jobs', '3', { jobs: 3 }],
      ['--check', '', { check: true }],
      ['-y, --yes', '', { yes: true }],
      ...kernel.slice(0, 2),
    ],
  },
  'module load': {
    calls: 'runModuleLoad',
    given: [{ folder: undefined, parameters: [], again: false, yes: false }],
    options: [
      ['[dir]', 'lunix -- a=1', { folder: 'lunix', parameters: ['a=1'] }],
      ['-y, --yes', '', { yes: true }],
    ],
  },
  'module reload': {
    calls: 'runModuleLoad',
    given: [{ folder: undefined, parameters: [], again: true, yes: false }],
    options: [
      ['[dir]', 'lunix -- a=1', { folder: 'lunix', parameters: ['a=1'] }],
      ['-y, --yes', '', { yes: true }],
    ],
  },
  'module unload': {
    calls: 'runModuleUnload',
    given: [{ words: [] }],
    options: [['[words]', 'a b', { words: ['a', 'b'] }]],
  },
  'module test': {
    calls: 'runModuleTest',
    given: [
      {
        ...{ folder: undefined, words: [], timeoutMs: 60_000, jobs: undefined },
        ...{ cold: false, inMachine: false, watch: false, yes: false, fed: false },
        watchesCrashes: false,
        ...{ coverage: undefined, flags: {} },
      },
    ],
    passesStatus: true,
    options: [
      ['[words]', 'lunix', { folder: 'lunix' }],
      ['[words]', '-- cat x', { words: ['cat', 'x'] }],
      ['[words]', 'lunix -- cat -n', { folder: 'lunix', words: ['cat', '-n'] }],
      ['--timeout', '7', { timeoutMs: 7000 }],
      ['-j, --jobs', '3', { jobs: 3 }],
      ['--cold', '', { cold: true }],
      ['--in-machine', '', { inMachine: true }],
      ['--watch', '', { watch: true }],
      ['--coverage', 'covered', { coverage: 'covered' }],
      ['-y, --yes', '', { yes: true }],
      memory,
      cpus,
      accel,
      ...kernel,
      ['--sensors', 'sim', { fed: true, flags: { UTOPIA_SENSORS: 'sim' } }],
      ['--on-crash', 'keep', { watchesCrashes: true, flags: { UTOPIA_ON_CRASH: 'keep' } }],
    ],
  },
  test: {
    calls: 'runTest',
    given: [
      {
        ...{ folder: undefined, words: [], kunit: false, kselftest: [] },
        ...{ timeoutMs: 300_000, junit: undefined },
        ...{ jobs: undefined, cold: false, yes: false, fed: false, coverage: undefined, flags: {} },
        watchesCrashes: false,
      },
    ],
    passesStatus: true,
    options: [
      ['[words]', 'mine', { folder: 'mine' }],
      ['[words]', '-- ./x -v', { words: ['./x', '-v'] }],
      ['--kunit', '', { kunit: true }],
      ['--kselftest', 'timers --kselftest kcmp', { kselftest: ['timers', 'kcmp'] }],
      ['--timeout', '7', { timeoutMs: 7000 }],
      ['--junit', 'marks.xml', { junit: 'marks.xml' }],
      ['--coverage', 'covered', { coverage: 'covered' }],
      ['-j, --jobs', '3', { jobs: 3 }],
      ['--cold', '', { cold: true }],
      ['-y, --yes', '', { yes: true }],
      memory,
      cpus,
      accel,
      ...kernel,
      ['--sensors', 'sim', { fed: true, flags: { UTOPIA_SENSORS: 'sim' } }],
      ['--on-crash', 'keep', { watchesCrashes: true, flags: { UTOPIA_ON_CRASH: 'keep' } }],
    ],
  },
  'kernel get': {
    calls: 'runKernelGet',
    given: [
      { what: undefined, folder: undefined, from: undefined, sha256: undefined, fetch: false },
    ],
    options: [
      ['[what]', '6.12', { what: '6.12' }],
      ['[dir]', '6.12 /src', { what: '6.12', folder: '/src' }],
      ['--from', 'https://mirror/', { from: 'https://mirror/' }],
      ['--fetch', '', { fetch: true }],
      ['--sha256', 'ab', { sha256: 'ab' }],
    ],
  },
  'qemu get': {
    calls: 'runQemuGet',
    given: [{ what: undefined, folder: undefined, from: undefined, sha256: undefined }],
    options: [
      ['[what]', '9.2.0', { what: '9.2.0' }],
      ['[dir]', '9.2.0 /src', { what: '9.2.0', folder: '/src' }],
      ['--from', 'https://mirror/', { from: 'https://mirror/' }],
      ['--sha256', 'ab', { sha256: 'ab' }],
    ],
  },
  'qemu build': {
    calls: 'runQemuBuild',
    given: [
      {
        source: undefined,
        prefix: undefined,
        output: undefined,
        jobs: undefined,
        with: [],
        without: [],
        configure: [],
        replace: false,
      },
    ],
    options: [
      ['[source]', '/src', { source: '/src' }],
      ['--prefix', '/opt/q', { prefix: '/opt/q' }],
      ['--with', 'docs,gtk --with sdl', { with: ['docs,gtk', 'sdl'] }],
      ['--without', 'vnc', { without: ['vnc'] }],
      ['-j, --jobs', '3', { jobs: 3 }],
      ['-o, --output', '/out', { output: '/out' }],
      ['--configure', '--enable-debug', { configure: ['--enable-debug'] }],
      ['--replace', '', { replace: true }],
    ],
  },
  'qemu list': { calls: 'runQemuList', given: [], options: [] },
  'qemu use': { args: 'x', calls: 'runQemuUse', given: ['x'], options: [] },
  'kernel build': {
    calls: 'runKernelBuild',
    given: [
      {
        source: undefined,
        output: undefined,
        jobs: undefined,
        name: undefined,
        targets: [],
        llvm: false,
        ccache: false,
      },
    ],
    options: [
      ['[source]', 'linux', { source: 'linux' }],
      ['-j, --jobs', '3', { jobs: 3 }],
      ['-o, --output', '/out', { output: '/out' }],
      ['--name', 'ask3', { name: 'ask3' }],
      ['--target', 'vmlinux kernel/fork.o', { targets: ['vmlinux', 'kernel/fork.o'] }],
      ['--llvm', '', { llvm: true }],
      ['--ccache', '', { ccache: true }],
    ],
  },
  'kernel list': { calls: 'runKernelList', given: [], options: [] },
  'kernel remove': {
    args: 'one two',
    calls: 'runKernelRemove',
    given: [{ names: ['one', 'two'], yes: false }],
    options: [
      [
        '--guest',
        '',
        { calls: 'runKernelRemoveGuest', given: [{ versions: ['one', 'two'], yes: false }] },
      ],
      ['-y, --yes', '', { yes: true }],
    ],
  },
  'kernel path': {
    args: 'one',
    calls: 'runKernelPath',
    given: [{ name: 'one', part: 'image' }],
    options: [
      ['--modules', '', { part: 'modules' }],
      ['--config-file', '', { part: 'config' }],
      ['--system-map', '', { part: 'systemMap' }],
      ['--source', '', { part: 'source' }],
      ['--objects', '', { part: 'out' }],
    ],
  },
  sensors: { calls: 'runSensorsStatus', given: [], options: [] },
  'sensors show': {
    calls: 'runSensorsShow',
    given: [{ from: undefined, seconds: undefined }],
    options: [
      ['--from', 'sim', { from: 'sim' }],
      ['--seconds', '5', { seconds: 5 }],
    ],
  },
  'sensors record': {
    args: 'lab.bin',
    calls: 'runSensorsRecord',
    given: ['lab.bin', { from: undefined, seconds: undefined }],
    options: [
      ['--from', 'sim', { from: 'sim' }],
      ['--seconds', '5', { seconds: 5 }],
    ],
  },
  'sensors use': { args: 'sim', calls: 'runSensorsUse', given: ['sim'], options: [] },
  'sensors bridge': {
    args: 'sim a.sock 4127',
    calls: 'runSensorBridge',
    given: [{ feed: 'sim', socket: 'a.sock', pid: 4127 }],
    withoutGlobals: true,
    options: [],
  },
  'kernel config': {
    calls: 'runKernelConfig',
    given: [
      {
        source: '.',
        base: 'defconfig',
        with: [],
        set: [],
        fragments: [],
        output: undefined,
        menu: false,
      },
    ],
    passesStatus: true,
    options: [
      ['[source]', 'linux', { source: 'linux' }],
      ['--base', 'tiny', { base: 'tiny' }],
      ['--with', 'kasan,lockdep --with gcov', { with: ['kasan,lockdep', 'gcov'] }],
      ['--set', 'A=y --set B=1', { set: ['A=y', 'B=1'] }],
      ['--fragment', 'a.config --fragment b.config', { fragments: ['a.config', 'b.config'] }],
      ['-o, --output', 'out', { output: 'out' }],
      ['--menu', '', { menu: true }],
    ],
  },
  'kernel check': {
    calls: 'runKernelCheck',
    given: [{ path: '.' }],
    passesStatus: true,
    options: [['[path]', 'out/.config', { path: 'out/.config' }]],
  },
  doctor: {
    calls: 'runDoctor',
    given: [
      {
        only: [],
        work: [],
        list: false,
        requireKvm: false,
        root: undefined,
        explain: undefined,
        report: undefined,
        fix: undefined,
        yes: false,
        dryRun: false,
      },
    ],
    passesStatus: true,
    options: [
      ['--check', 'kvm.works disk.room', { only: ['kvm.works', 'disk.room'] }],
      ['--for', 'kernel qemu,image', { work: ['kernel', 'qemu,image'] }],
      ['--list', '', { list: true }],
      ['--explain', 'kvm.works', { explain: 'kvm.works' }],
      ['--require-kvm', '', { requireKvm: true }],
      ['--root', '/host', { root: '/host' }],
      ['--report', 'report.txt', { report: 'report.txt' }],
      ['--fix', '', { fix: [] }],
      ['--fix', 'kvm.works disk.room', { fix: ['kvm.works', 'disk.room'] }],
      ['-y, --yes', '', { yes: true, fix: [] }, '--fix'],
      ['--dry-run', '', { dryRun: true, fix: [] }, '--fix'],
    ],
  },
};
