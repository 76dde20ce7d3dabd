/** Folders deeper than this, and entries beyond so many, are not searched for modules. */
const bounds = { depth: 8, entries: 100_000, fileBytes: 256 * 1024 * 1024, modules: 500 };

/** What gdb is to know of the guest's modules. */
export interface ModuleWatch {
  /** Absolute folders, searched when a module is met. */
  readonly folders: readonly string[];
  /** The kernel's file with symbols, absolute. */
  readonly vmlinux: string;
}

/**
 * Python for gdb that gives the kernel's modules their symbols: those that are loaded when the guest
 * first stops, and each that is inserted later, from the newest `NAME.ko` with debug information. It
 * reads the kernel's own list (`modules`, kernel/module/main.c), so that a guest that is paused or
 * hangs need not answer. Where the kernel has moved its addresses (KASLR) it moves the symbols: the
 * first gate of the processor's interrupt table leads to a function of a known name.
 *
 * The layout of a module's sections: `sect_attrs` has `attrs[]` with addresses until Linux 6.13,
 * from 6.14 on `grp.bin_attrs[]` (or `bin_attrs_new`) whose `private` is the address
 * (kernel/module/sysfs.c). Everything in the guest's memory may be wrong: it is bounded here.
 */
const program = String.raw`
import gdb, os, re, struct

# Functions that are called from a module's start alone lie in .text.unlikely.
SECTIONS = re.compile(r'\.(text|data|rodata|bss|init|exit)[\w.]*')
SKIPPED = ('node_modules', '.git', 'Documentation')

def number(value):
    return int(value) & 0xffffffffffffffff

class Modules:
    def __init__(self):
        self.ready = False
        self.loaded = {}
        self.files = None

    def begin(self):
        self.catch = None
        gdb.events.stop.connect(self.stopped)
        self.stopped(None)

    def stopped(self, _event):
        if self.ready:
            return
        try:
            move = kernel_move()
            if move is None:
                return
            if move != 0:
                gdb.execute('symbol-file %s -o %#x' % (quote(VMLINUX), move), to_string=True)
                gdb.write('The kernel has moved its addresses by %#x (KASLR), and its symbols go with it.\n' % move)
            found = list(listed())
        except gdb.error:
            # The guest's kernel is not mapped at this moment, or not there yet: at the next stop.
            return
        self.ready = True
        names = []
        missing = []
        for module in found:
            name = name_of(module)
            if name is not None and self.add(name, module):
                names.append(name)
            elif name is not None and is_foreign(module):
                missing.append(name)
        if names:
            gdb.write('Modules with symbols: %s\n' % ', '.join(names))
        for name in missing:
            self.say_missing(name)
        try:
            self.catch = Inserted()
        except (gdb.error, RuntimeError):
            gdb.write('Modules that are inserted later get no symbols: this kernel has no do_init_module.\n')

    def say_missing(self, name):
        gdb.write('%s has no symbols: no %s.ko with debug information is in %s\n' % (name, name, ', '.join(FOLDERS)))

    def inserted(self, module):
        name = name_of(module)
        if name is None:
            return
        self.files = None
        if self.add(name, module):
            gdb.write('Symbols of %s: %s\n' % (name, self.loaded[name][1]))
        elif is_foreign(module):
            self.say_missing(name)

    def add(self, name, module):
        sections = sections_of(module)
        text = next(iter(sections.values()), None)
        file = self.find(name)
        if text is None or file is None:
            return False
        known = self.loaded.pop(name, None)
        with no_questions():
            if known is not None:
                try:
                    gdb.execute('remove-symbol-file -a %#x' % known[0], to_string=True)
                except gdb.error:
                    pass
            words = ['add-symbol-file', quote(file)]
            if '.text' in sections:
                words.append('%#x' % sections['.text'])
            for section, address in sections.items():
                if section != '.text':
                    words += ['-s', section, '%#x' % address]
            try:
                gdb.execute(' '.join(words), to_string=True)
            except gdb.error as error:
                gdb.write('%s: %s\n' % (file, error))
                return False
        self.loaded[name] = (text, file)
        return True

    def find(self, name):
        if self.files is None:
            self.files = objects()
        files = self.files.get(name, [])
        dated = sorted(((modified(each), each) for each in files), reverse=True)
        for _when, each in dated:
            if has_lines(each):
                return each
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

def kernel_move():
    """Bytes by which the kernel runs beside its symbols; None where it does not run yet."""
    try:
        # A breakpoint at the address of its symbol: it is there. Its interrupt table is not yet.
        if gdb.selected_frame().name() == 'start_kernel':
            return 0
    except gdb.error:
        pass
    said = gdb.execute('monitor info registers', to_string=True)
    table = re.search(r'^IDT=\s*([0-9a-f]{1,16}) ([0-9a-f]{1,8})', said, re.M)
    if table is None or int(table.group(2), 16) < 0xfff:
        return None
    gate = bytes(gdb.selected_inferior().read_memory(int(table.group(1), 16), 16))
    low, _selector, _kind, middle, high = struct.unpack('<HHHHI4x', gate)
    handler = low | middle << 16 | high << 32
    for name in ('asm_exc_divide_error', 'divide_error'):
        try:
            known = number(gdb.parse_and_eval('(unsigned long)&%s' % name))
        except gdb.error:
            continue
        move = handler - known
        # Its image lies in one gigabyte, at a multiple of 2 MiB (CONFIG_PHYSICAL_ALIGN).
        return move if 0 <= move < 1 << 30 and move % (1 << 21) == 0 else None
    return 0

def listed():
    kind = gdb.lookup_type('struct module')
    field = [each for each in kind.fields() if each.name == 'list'][0]
    head = gdb.parse_and_eval('&modules')
    entry = head['next']
    seen = 0
    while number(entry) != number(head) and seen < ${bounds.modules}:
        place = gdb.Value(number(entry) - field.bitpos // 8)
        yield place.cast(kind.pointer()).dereference()
        entry = entry['next']
        seen += 1

def text_of(value, limit):
    # With a limit gdb reads so many bytes, also behind the end of the text.
    return value.string('utf-8', 'replace', limit).split('\0')[0]

def name_of(module):
    name = text_of(module['name'], 56)
    return name if re.fullmatch(r'[A-Za-z0-9_]{1,55}', name) else None

def is_foreign(module):
    """Built outside of the kernel's tree: TAINT_OOT_MODULE (include/linux/panic.h)."""
    try:
        return bool(number(module['taints']) & 1 << 12)
    except gdb.error:
        return False

def sections_of(module):
    found = {}
    try:
        table = module['sect_attrs']
        if number(table) == 0:
            return found
        fields = [each.name for each in table.type.target().fields()]
        for index in range(128):
            if 'nsections' in fields:
                if index >= int(table['nsections']):
                    break
                each = table['attrs'][index]
                name, address = section_name(each), each['address']
            else:
                group = table['grp']
                names = [each.name for each in group.type.fields()]
                group_list = group['bin_attrs_new' if 'bin_attrs_new' in names and number(group['bin_attrs']) == 0 else 'bin_attrs']
                each = group_list[index]
                if number(each) == 0:
                    break
                name, address = each['attr']['name'], each['private']
            name = text_of(name, 64)
            if SECTIONS.fullmatch(name) and name != '.data..percpu':
                found[name] = number(address)
    except (gdb.error, gdb.MemoryError, KeyError):
        pass
    if int(module['state']) == 0:
        # MODULE_STATE_LIVE: what it began with is freed, and may be another's by now.
        found = {name: address for name, address in found.items() if not name.startswith('.init')}
    if not found:
        base = text_base(module)
        if base is not None:
            found['.text'] = base
    return found

def section_name(each):
    fields = [field.name for field in each.type.fields()]
    return each['battr']['attr']['name'] if 'battr' in fields else each['name']

def text_base(module):
    """Where its code begins, for a kernel without a table of sections (CONFIG_KALLSYMS=n)."""
    for expression in (lambda: module['mem'][0]['base'], lambda: module['core_layout']['base'], lambda: module['module_core']):
        try:
            return number(expression())
        except (gdb.error, KeyError):
            continue
    return None

def objects():
    """Paths of modules below the folders, by the module's name."""
    found = {}
    left = ${bounds.entries}
    for folder in FOLDERS:
        top = folder.rstrip('/').count('/')
        real = os.path.realpath(folder) + '/'
        for place, folders, names in os.walk(folder):
            left -= len(folders) + len(names)
            if left < 0:
                break
            deep = place.count('/') - top >= ${bounds.depth - 1}
            folders[:] = [] if deep else [each for each in folders if each not in SKIPPED]
            for each in names:
                match = re.fullmatch(r'(.*)\.ko(\.debug)?', each)
                if match is None:
                    continue
                path = os.path.join(place, each)
                # The guest makes links, too.
                if os.path.islink(path) and not os.path.realpath(path).startswith(real):
                    continue
                if os.path.isfile(path):
                    found.setdefault(match.group(1).replace('-', '_'), []).append(path)
    return found

def modified(path):
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0

def has_lines(path):
    try:
        if os.stat(path).st_size > ${bounds.fileBytes}:
            return False
        with open(path, 'rb') as file:
            data = file.read()
        return data.startswith(b'\x7fELF') and b'debug_info' in data
    except OSError:
        return False

def quote(path):
    return path if re.fullmatch(r'[\w./+,:@-]+', path) else '"%s"' % re.sub(r'(["\\])', r'\\\1', path)

MODULES = Modules()
MODULES.begin()
`;

/**
 * The gdb command that starts it, on one line, after `target remote`. A name that the user types in
 * gdb's Python finds nothing of it there: it runs in a space of its own. Pure.
 */
export function watchModules({ folders, vmlinux }: ModuleWatch): string {
  const values = `FOLDERS = ${pythonList(folders)}\nVMLINUX = ${pythonText(vmlinux)}\n`;
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
