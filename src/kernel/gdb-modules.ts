import { findFiles } from './gdb-python-files.ts';
import { readFrames } from './gdb-python-frames.ts';
import { readMemory } from './gdb-python-memory.ts';

/** What gdb is to know of the guest's modules. */
export interface ModuleWatch {
  /** Absolute folders, searched when a module is met. */
  readonly folders: readonly string[];
  /** The kernel's file with symbols, absolute. */
  readonly vmlinux: string;
  /** A dump of its memory, absolute, where gdb has that and no running guest. */
  readonly dump?: string | undefined;
  /** Who crashed, where that is known: its first frame that is no handler's is selected. */
  readonly crashed?: CrashedThread | undefined;
}

/** In a guest gdb's threads are the processors, in a dump they are numbered by their processes. */
export type CrashedThread = { readonly cpu: number } | { readonly pid: number };

/**
 * Python for gdb that gives the kernel's modules their symbols: those that are loaded when the guest
 * first stops, and each that is inserted later, from the newest `NAME.ko` with debug information. It
 * reads the kernel's own list (`modules`, kernel/module/main.c), so that a guest that is paused or
 * hangs need not answer. Where the kernel has moved its addresses (KASLR) it moves the symbols: the
 * first gate of the processor's interrupt table leads to a function of a known name, and the notes in
 * a dump say it (KERNELOFFSET).
 *
 * The layout of a module's sections: `sect_attrs` has `attrs[]` with addresses until Linux 6.13,
 * from 6.14 on `grp.bin_attrs[]` (or `bin_attrs_new`) whose `private` is the address
 * (kernel/module/sysfs.c). Everything in the guest's memory may be wrong: it is bounded here.
 */
const program = String.raw`
import gdb, os, re, struct

def number(value):
    return int(value) & 0xffffffffffffffff

class Modules:
    def __init__(self):
        self.ready = False
        self.loaded = {}
        self.files = None
        # The file that is another build, by the module's name.
        self.others = {}

    def begin(self):
        self.catch = None
        if DUMP is not None:
            try:
                self.opened(dump_move(DUMP))
            except (gdb.error, OSError) as error:
                gdb.write('Modules have no symbols: the kernel\'s list of them cannot be read (%s)\n' % error)
            return
        gdb.events.stop.connect(self.stopped)
        self.stopped(None)

    def stopped(self, _event):
        if self.ready:
            return
        try:
            move = kernel_move()
            if move is None:
                return
            self.opened(move)
        except gdb.error:
            # The guest's kernel is not mapped at this moment, or not there yet: at the next stop.
            return
        self.ready = True
        try:
            self.catch = Inserted()
        except (gdb.error, RuntimeError):
            gdb.write('Modules that are inserted later get no symbols: this kernel has no do_init_module.\n')

    def opened(self, move):
        """Gives the modules that are there their symbols."""
        if move != 0:
            gdb.execute('symbol-file %s -o %#x' % (quote(VMLINUX), move), to_string=True)
            gdb.write('The kernel has moved its addresses by %#x (KASLR), and its symbols go with it.\n' % move)
        found = list(listed())
        names = []
        missing = []
        for module in found:
            name = name_of(module)
            if name is not None and self.add(name, module):
                names.append(name)
            elif name is not None and (is_foreign(module) or self.others.get(name) is not None):
                missing.append(name)
        if names:
            gdb.write('Modules with symbols: %s\n' % ', '.join(names))
        for name in missing:
            self.say_missing(name)

    def say_missing(self, name):
        if self.others.get(name) is not None:
            gdb.write('%s has no symbols: %s is another build than the module in memory. Built again since?\n' % (name, self.others[name]))
            return
        gdb.write('%s has no symbols: no %s.ko with debug information is in %s\n' % (name, name, ', '.join(FOLDERS)))

    def inserted(self, module):
        name = name_of(module)
        if name is None:
            return
        self.files = None
        if self.add(name, module):
            gdb.write('Symbols of %s: %s\n' % (name, self.loaded[name][1]))
        elif is_foreign(module) or self.others.get(name) is not None:
            self.say_missing(name)

    def add(self, name, module):
        sections = sections_of(module)
        text = next(iter(sections.values()), None)
        file = self.find(name, note_of(module))
        if text is None or file is None:
            return False
        known = self.loaded.pop(name, None)
        with no_questions():
            if known is not None:
                try:
                    gdb.execute('remove-symbol-file -a %#x' % known[0], to_string=True)
                except gdb.error:
                    pass
            words = ['add-symbol-file', quote(placeable(file))]
            if '.text' in sections:
                words.append('%#x' % sections['.text'])
            for section, address in sections.items():
                if section != '.text':
                    words += ['-s', section, '%#x' % address]
            # gdb leaves the others at 0, and names small numbers after what lies there.
            for index, section in enumerate(loaded_sections(file)):
                if section not in sections:
                    words += ['-s', section, '%#x' % (NOWHERE + (index << 32))]
            try:
                gdb.execute(' '.join(words), to_string=True)
            except gdb.error as error:
                gdb.write('%s: %s\n' % (file, error))
                return False
        self.loaded[name] = (text, file)
        return True

    def find(self, name, note):
        if self.files is None:
            self.files = objects()
        files = self.files.get(name, [])
        dated = sorted(((modified(each), each) for each in files), reverse=True)
        self.others[name] = None
        for _when, each in dated:
            if not has_lines(each):
                continue
            known = note_in(each)
            if note is None or known is None or known == note:
                self.others[name] = None
                return each
            self.others[name] = self.others[name] or each
        return None

class no_questions:
    def __enter__(self):
        self.asked = gdb.parameter('confirm')
        gdb.execute('set confirm off')
    def __exit__(self, *_error):
        gdb.execute('set confirm %s' % ('on' if self.asked else 'off'))

class Inserted(gdb.Breakpoint):
    def __init__(self):
        super().__init__('do_init_module', internal=True)
        self.silent = True
    def stop(self):
        try:
            try:
                module = gdb.parse_and_eval('mod').dereference()
                name_of(module)
            except gdb.error:
                kind = gdb.lookup_type('struct module').pointer()
                module = gdb.parse_and_eval('$rdi').cast(kind).dereference()
            MODULES.inserted(module)
        except gdb.error as error:
            gdb.write('The symbols of a module that was inserted: %s\n' % error)
        return False

${readMemory}${findFiles}${readFrames}gdb.unwinder.register_unwinder(None, Interrupted(), replace=True)
MODULES = Modules()
MODULES.begin()
if CRASHED is not None:
    try:
        if select_thread(lambda each: each.num == CRASHED[1] + 1 if CRASHED[0] == 'cpu' else each.ptid[1] == CRASHED[1]):
            select_crash()
        else:
            gdb.write('The %s of the crash is not among the threads: %d\n' % ({'cpu': 'processor', 'pid': 'process'}[CRASHED[0]], CRASHED[1]))
    except gdb.error as error:
        gdb.write('The frame of the crash: %s\n' % error)
`;

/**
 * The gdb command that starts it, on one line, after `target remote` or with a dump open. A name that the user types in
 * gdb's Python finds nothing of it there: it runs in a space of its own. Pure.
 */
export function watchModules({ folders, vmlinux, dump, crashed }: ModuleWatch): string {
  const [who] = Object.entries(crashed ?? {});
  const values = [
    `FOLDERS = ${pythonList(folders)}`,
    `VMLINUX = ${pythonText(vmlinux)}`,
    `DUMP = ${dump === undefined ? 'None' : pythonText(dump)}`,
    `CRASHED = ${who === undefined ? 'None' : `('${who[0]}', ${who[1]})`}`,
    '',
  ].join('\n');
  return `python exec(${pythonText(values + program)}, {})`;
}

function pythonList(texts: readonly string[]): string {
  return `[${texts.map(pythonText).join(', ')}]`;
}

/** JSON's escapes are Python's; what is not ASCII is an escape, too, for a gdb in whatever locale. */
function pythonText(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u{7f}-\u{10ffff}]/gu,
    (each) => `\\U${(each.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
  );
}
