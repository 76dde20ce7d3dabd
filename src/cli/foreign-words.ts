/**
 * Commands that throw something away, end a machine's memory or cannot be taken back: named in
 * their own help, and never to somebody who typed another word.
 */
export const destructiveCommands: ReadonlySet<string> = new Set([
  'reset',
  'undo',
  'snapshot remove',
  'image remove',
  'image cool',
  'image rebase',
]);

/** Options that give up, agree or write over: never suggested for a misspelt one. */
export const riskyOptions: ReadonlySet<string> = new Set([
  '--again',
  '--all',
  '--cold',
  '--expose-anyway',
  '--force',
  '--replace',
  '--yes',
]);

const down = ['utopia down'] as const;
const reboot = ['utopia reboot'] as const;
const ssh = ['utopia ssh'] as const;
const list = ['utopia ls'] as const;
const build = ['utopia image build', 'utopia image fetch URL'] as const;
/** What removes something is for its reader to choose, with the help before him. */
const removing = [] as const;
const save = ['utopia snapshot save NAME'] as const;
const restore = ['utopia snapshot list', 'utopia snapshot restore NAME'] as const;

/**
 * What people type who know vagrant, virsh, limactl, docker, multipass, systemctl or the lab's
 * guide, and the command lines that do it here; of several the first does most.
 */
const topLevel: Readonly<Record<string, readonly string[]>> = {
  start: ['utopia up'],
  boot: ['utopia up'],
  launch: ['utopia up'],
  resume: ['utopia up'],
  wake: ['utopia up'],
  continue: ['utopia up'],
  create: ['utopia up', 'utopia init'],
  new: ['utopia init'],
  'utopia.sh': ['utopia up'],
  stop: down,
  halt: down,
  poweroff: down,
  'power-off': down,
  shutdown: down,
  off: down,
  kill: down,
  quit: down,
  exit: down,
  end: down,
  restart: reboot,
  reload: reboot,
  pause: ['utopia suspend'],
  sleep: ['utopia suspend'],
  hibernate: ['utopia suspend'],
  freeze: ['utopia suspend'],
  save: [...save, 'utopia suspend'],
  savevm: save,
  checkpoint: save,
  backup: save,
  restore,
  loadvm: restore,
  revert: restore,
  rollback: restore,
  repair: ['utopia rescue'],
  recover: ['utopia rescue'],
  recovery: ['utopia rescue'],
  fsck: ['utopia rescue --fsck'],
  grub: ['utopia up --boot-entry menu'],
  snapshots: ['utopia snapshot list'],
  list,
  ps: list,
  machines: list,
  vms: list,
  info: ['utopia status', 'utopia config'],
  state: ['utopia status'],
  show: ['utopia status'],
  shell: ssh,
  sh: ssh,
  bash: ssh,
  enter: ssh,
  connect: ssh,
  attach: ['utopia console', 'utopia ssh'],
  serial: ['utopia console'],
  tty: ['utopia console'],
  sudo: ['utopia ssh -- COMMAND'],
  scp: ['utopia cp'],
  copy: ['utopia cp'],
  rsync: ['utopia cp'],
  push: ['utopia cp'],
  pull: ['utopia cp', 'utopia image fetch URL'],
  sshfs: ['utopia mount'],
  log: ['utopia logs'],
  dmesg: ['utopia logs', 'utopia ssh -- dmesg'],
  journal: ['utopia logs'],
  tail: ['utopia logs -f'],
  crash: ['utopia oops'],
  panic: ['utopia oops'],
  bug: ['utopia oops'],
  explain: ['utopia oops'],
  test: ['utopia run -- COMMAND'],
  grade: ['utopia run --each PATH… -- COMMAND'],
  screen: ['utopia vnc', 'utopia screenshot'],
  display: ['utopia vnc'],
  view: ['utopia vnc'],
  gui: ['utopia vnc'],
  viewer: ['utopia vnc'],
  sendkey: ['utopia key'],
  port: ['utopia forward'],
  ports: ['utopia forward'],
  tunnel: ['utopia forward'],
  export: ['utopia config'],
  env: ['utopia config'],
  settings: ['utopia config'],
  setup: ['utopia doctor', 'utopia init'],
  check: ['utopia doctor'],
  fix: ['utopia doctor'],
  diagnose: ['utopia doctor'],
  build,
  install: build,
  download: build,
  fetch: ['utopia image fetch URL'],
  images: ['utopia image list'],
  disk: ['utopia disks'],
  device: ['utopia devices'],
  sensor: ['utopia sensors'],
  password: ['utopia passwd'],
  monitor: ['utopia status', 'utopia key', 'utopia sysrq'],
  debug: ['utopia gdb', 'utopia up --debug', 'utopia oops'],
  version: ['utopia --version'],
  delete: removing,
  destroy: removing,
  rm: removing,
  remove: removing,
  del: removing,
  erase: removing,
  wipe: removing,
  clean: removing,
  clear: removing,
  prune: removing,
  purge: removing,
  undefine: removing,
};

const make = ['utopia image build'] as const;
const fetch = ['utopia image fetch URL'] as const;
const listImages = ['utopia image list'] as const;
const listSnapshots = ['utopia snapshot list'] as const;

const below: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  snapshot: {
    create: save,
    new: save,
    make: save,
    take: save,
    add: save,
    push: save,
    ls: listSnapshots,
    ps: listSnapshots,
    all: listSnapshots,
    load: restore,
    revert: restore,
    rollback: restore,
    apply: restore,
    back: restore,
    goto: restore,
    pop: restore,
    info: ['utopia snapshot show NAME'],
    inspect: ['utopia snapshot show NAME'],
    rm: removing,
    del: removing,
    delete: removing,
    drop: removing,
    prune: removing,
    clean: removing,
  },
  image: {
    create: make,
    make,
    new: make,
    get: fetch,
    pull: fetch,
    download: fetch,
    import: fetch,
    add: fetch,
    ls: listImages,
    ps: listImages,
    show: listImages,
    info: listImages,
    heat: ['utopia image warm'],
    rm: removing,
    del: removing,
    delete: removing,
    prune: removing,
    clean: removing,
  },
  qemu: {
    fetch: ['utopia qemu get'],
    download: ['utopia qemu get'],
    pull: ['utopia qemu get'],
    make: ['utopia qemu build'],
    install: ['utopia qemu build'],
    ls: ['utopia qemu list'],
    show: ['utopia qemu list'],
    set: ['utopia qemu use NAME'],
    select: ['utopia qemu use NAME'],
  },
  sensors: {
    start: ['utopia sensors use sim'],
    set: ['utopia sensors use FEED'],
    watch: ['utopia sensors show'],
    view: ['utopia sensors show'],
    status: ['utopia sensors'],
    save: ['utopia sensors record FILE'],
  },
};

/**
 * The command lines that do what `word` says elsewhere, behind `parent` (`''`: utopia itself): none
 * for one that removes something, undefined for one that nobody says.
 */
export function translateWord(parent: string, word: string): readonly string[] | undefined {
  const table = parent === '' ? topLevel : (below[parent] ?? {});
  const plain = word.toLowerCase();
  return Object.hasOwn(table, plain) ? table[plain] : undefined;
}

/** Every command line of the tables, for the test that holds them to the tree. */
export function everyTranslation(): readonly (readonly [word: string, lines: readonly string[]])[] {
  return [topLevel, ...Object.values(below)].flatMap((table) => Object.entries(table));
}
