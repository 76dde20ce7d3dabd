/** Folders deeper than this, and entries beyond so many, are not searched for modules. */
const bounds = { depth: 8, entries: 100_000, fileBytes: 256 * 1024 * 1024 };

/**
 * The part of gdb's Python that looks for modules with debug information below the folders. See
 * gdb-modules.ts.
 */
export const findFiles = String.raw`
SKIPPED = ('node_modules', '.git', 'Documentation')

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

# No address of the kernel's or a program's: not canonical (Intel SDM, volume 1, 3.3.7.1).
NOWHERE = 0x00f0000000000000

def sections_in(path):
    """Name, flags, offset and size of each section of an ELF file; empty for what is none."""
    try:
        with open(path, 'rb') as file:
            data = file.read(${bounds.fileBytes})
        if data[:6] != b'\x7fELF\x02\x01':
            return []
        table, = struct.unpack_from('<Q', data, 0x28)
        size, count, names = struct.unpack_from('<HHH', data, 0x3a)
        heads = [struct.unpack_from('<IIQQQQ', data, table + each * size) for each in range(count)]
        texts = heads[names][4] if names < count else len(data)
        found = []
        for name, _kind, flags, _address, offset, length in heads:
            end = data.find(b'\0', texts + name)
            text = data[texts + name:end].decode('latin-1') if end >= 0 else ''
            found.append((text, flags, data[offset:offset + min(length, 64)]))
        return found
    except (struct.error, OSError):
        return []

def loaded_sections(path):
    """Names of the sections that have a place in memory (SHF_ALLOC)."""
    return [name for name, flags, _data in sections_in(path) if flags & 2 and re.fullmatch(r'[\w.-]+', name)]

def note_in(path):
    for name, _flags, data in sections_in(path):
        if name == '.note.gnu.build-id' and len(data) >= 36:
            return data[:36]
    return None

def placeable(path):
    """The file, or a copy of it in memory. In modules since Linux 6.10 some sections do not begin
    at 0 (scripts/module.lds.S and codetag); then gdb takes none of the addresses that it is given."""
    try:
        with open(path, 'rb') as file:
            data = bytearray(file.read(${bounds.fileBytes}))
        if data[:6] != b'\x7fELF\x02\x01' or struct.unpack_from('<H', data, 0x10)[0] != 1:
            return path
        table, = struct.unpack_from('<Q', data, 0x28)
        size, count = struct.unpack_from('<HH', data, 0x3a)
        places = [table + each * size + 0x10 for each in range(count)]
        if not any(struct.unpack_from('<Q', data, each)[0] for each in places):
            return path
        for each in places:
            struct.pack_into('<Q', data, each, 0)
        copy = os.memfd_create(os.path.basename(path))
        with open(copy, 'wb', closefd=False) as file:
            file.write(data)
    except (struct.error, AttributeError, OSError):
        return path
    return '/proc/self/fd/%d' % copy

def quote(path):
    return path if re.fullmatch(r'[\w./+,:@-]+', path) else '"%s"' % re.sub(r'(["\\])', r'\\\1', path)

`;
