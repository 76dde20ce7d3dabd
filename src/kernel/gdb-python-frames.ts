/** Frames of a crash report, which are not more, and a stack that leads nowhere ends. */
const mostFrames = 200;

/**
 * The part of gdb's Python that goes from an exception's handler to the code that it interrupted. The
 * kernel's entry code has no DWARF for it (its own unwinder reads ORC): gdb took what lies on the
 * stack there for frames. The code keeps all registers in a `struct pt_regs`, and its stack pointer
 * is at it where it calls a handler in C (arch/x86/entry/entry_64.S, calling.h). See gdb-modules.ts.
 */
export const readFrames = String.raw`
import gdb.unwinder

EXCEPTION = re.compile(r'asm_exc_\w+')
ENTRY = re.compile(r'asm_(exc|sysvec)_\w+|asm_(common|spurious)_interrupt|entry_SYSCALL_64(_after_hwframe)?')
# Where a kernel thread and an idle processor begin.
FIRST = re.compile(r'ret_from_fork(_asm)?|secondary_startup_64(_no_verify)?')
SAVED = ('r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi')
# Their order in the structure (arch/x86/include/asm/ptrace.h), each of eight bytes.
AFTER = {'rip': 16, 'cs': 17, 'eflags': 18, 'rsp': 19, 'ss': 20}

class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc

class Interrupted(gdb.unwinder.Unwinder):
    def __init__(self):
        super().__init__('utopia-exceptions')
        self.names = {}

    def name_at(self, pc):
        if pc not in self.names:
            said = gdb.execute('info symbol %#x' % pc, to_string=True)
            self.names[pc] = said.split(' ')[0]
        return self.names[pc]

    def __call__(self, frame):
        try:
            pc = frame.read_register('rip')
            name = self.name_at(number(pc))
            is_first = FIRST.fullmatch(name) is not None
            if not is_first and ENTRY.fullmatch(name) is None:
                return None
            sp = frame.read_register('rsp')
            if is_first:
                return self.end(frame, sp, pc)
            saved = struct.unpack('<21Q', bytes(gdb.selected_inferior().read_memory(number(sp), 21 * 8)))
        except (gdb.error, struct.error, RuntimeError):
            return None
        # The segment of the kernel's code, or of a program's of 64 or 32 bits (asm/segment.h).
        if saved[AFTER['cs']] in (0x33, 0x23):
            return self.end(frame, sp, pc)
        if saved[AFTER['cs']] != 0x10:
            return None
        info = frame.create_unwind_info(FrameId(sp, pc))
        for index, each in enumerate(SAVED):
            info.add_saved_register(each, word(saved[index]))
        for each in ('rip', 'rsp'):
            info.add_saved_register(each, word(saved[AFTER[each]]))
        return info

    def end(self, frame, sp, pc):
        """The last frame: gdb ends at the program counter 0, of which it reads the stack."""
        info = frame.create_unwind_info(FrameId(sp, pc))
        info.add_saved_register('rip', word(0))
        info.add_saved_register('rsp', word(number(sp)))
        return info

def word(value):
    return gdb.Value(value).cast(gdb.lookup_type('unsigned long'))

def select_thread(matches):
    for each in gdb.selected_inferior().threads():
        if matches(each):
            each.switch()
            return

def select_crash():
    """The frame of the code that raised the newest exception, and gdb shows it."""
    frame = gdb.newest_frame()
    for _each in range(${mostFrames}):
        older = frame.older()
        if older is None:
            return
        if EXCEPTION.fullmatch(frame.name() or ''):
            older.select()
            break
        frame = older
    gdb.execute('frame')

`;
