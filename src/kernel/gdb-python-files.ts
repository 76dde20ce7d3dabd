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

def quote(path):
    return path if re.fullmatch(r'[\w./+,:@-]+', path) else '"%s"' % re.sub(r'(["\\])', r'\\\1', path)

`;
