/** The notes and headers of a dump have less (vmcore/amend-head.ts). */
const mostHeadBytes = 8 * 1024 * 1024;
/** Three words, `GNU` and a SHA-1 (--build-id=sha1 of the kernel's Makefile). */
const noteBytes = 36;
/** Longer lists are not the kernel's. */
const mostModules = 500;

/**
 * The part of gdb's Python that reads the kernel's memory: by how much it has moved its addresses, its
 * list of modules, and of each the name, the sections and whether it is foreign. See gdb-modules.ts.
 */
export const readMemory = String.raw`
# Functions that are called from a module's start alone lie in .text.unlikely.
SECTIONS = re.compile(r'\.(text|data|rodata|bss|init|exit)[\w.]*')

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

def dump_move(path):
    """The same, by the kernel's own notes, which lie before the memory in a dump."""
    with open(path, 'rb') as file:
        said = re.search(rb'\nKERNELOFFSET=([0-9a-f]{1,16})\n', file.read(${mostHeadBytes}))
    move = 0 if said is None else int(said.group(1), 16)
    return move if move < 1 << 30 and move % (1 << 21) == 0 else 0

def listed():
    kind = gdb.lookup_type('struct module')
    field = [each for each in kind.fields() if each.name == 'list'][0]
    head = gdb.parse_and_eval('&modules')
    entry = head['next']
    seen = set()
    while number(entry) != number(head) and number(entry) not in seen and len(seen) < ${mostModules}:
        seen.add(number(entry))
        place = gdb.Value(number(entry) - field.bitpos // 8)
        yield place.cast(kind.pointer()).dereference()
        entry = entry['next']

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

def attributes(module):
    """Name and address of each section that the kernel has loaded."""
    try:
        table = module['sect_attrs']
        if number(table) == 0:
            return
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
            yield text_of(name, 64), number(address)
    except (gdb.error, gdb.MemoryError, KeyError):
        pass

def note_of(module):
    """The note with the identity of its build, as it lies in memory; None where it has none."""
    for name, address in attributes(module):
        if name == '.note.gnu.build-id':
            try:
                return bytes(gdb.selected_inferior().read_memory(address, ${noteBytes}))
            except gdb.error:
                return None
    return None

def sections_of(module):
    found = {}
    for name, address in attributes(module):
        if SECTIONS.fullmatch(name) and name != '.data..percpu':
            found[name] = address
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
`;
