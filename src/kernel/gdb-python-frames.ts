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
# The registers are those behind the instruction, and not at it (Intel SDM, volume 3, 6.5).
TRAPS = ('asm_exc_int3', 'asm_exc_debug')
# What a kernel dies in without an exception.
REPORTING = ('panic', 'vpanic', 'nmi_panic', 'oops_end', '__die', '__warn')
# Where a kernel thread and an idle processor begin.
FIRST = re.compile(r'ret_from_fork(_asm)?|secondary_startup_64(_no_verify)?')
SAVED = ('r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi')
# Their order in the structure (arch/x86/include/asm/ptrace.h), each of eight bytes.
AFTER = {'rip': 16, 'cs': 17, 'eflags': 18, 'rsp': 19, 'ss': 20}

def saved_at(sp):
    """The registers in the structure at the stack pointer of entry code."""
    return struct.unpack('<21Q', bytes(gdb.selected_inferior().read_memory(number(sp), 21 * 8)))

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
            saved = saved_at(sp)
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
        rip, rsp = saved[AFTER['rip']], saved[AFTER['rsp']]
        caller = caller_of(rip, rsp, number(pc))
        if caller is not None:
            rip, rsp = caller, rsp + 8
        elif name not in TRAPS:
            # gdb takes the address for a call's, and looks for the line of the byte before it.
            rip += 1
        info.add_saved_register('rip', word(rip))
        info.add_saved_register('rsp', word(rsp))
        return info

    def end(self, frame, sp, pc):
        """The last frame: gdb ends at the program counter 0, of which it reads the stack."""
        info = frame.create_unwind_info(FrameId(sp, pc))
        info.add_saved_register('rip', word(0))
        info.add_saved_register('rsp', word(number(sp)))
        return info

def caller_of(rip, rsp, entry):
    """Where a function was called by a pointer that leads to no code; None for code. The kernel's is
    in the half of the addresses that its entry code is in."""
    inferior = gdb.selected_inferior()
    try:
        if (rip ^ entry) >> 63 == 0:
            inferior.read_memory(rip, 1)
            return None
    except gdb.error:
        pass
    try:
        caller, = struct.unpack('<Q', bytes(inferior.read_memory(rsp, 8)))
        inferior.read_memory(caller, 1)
        return caller
    except gdb.error:
        return None

def word(value):
    return gdb.Value(value).cast(gdb.lookup_type('unsigned long'))

def select_thread(matches):
    for each in gdb.selected_inferior().threads():
        if matches(each):
            each.switch()
            return True
    return False

def select_crash():
    """The frame of the code that raised the newest exception, and gdb shows it."""
    frame = gdb.newest_frame()
    reports = False
    for _each in range(${mostFrames}):
        reports = reports or frame.name() in REPORTING
        older = frame.older()
        if older is None:
            if not reports:
                gdb.write('The processor has gone on since the crash: its stack is that of a later moment. utopia oops has the frames of the crash.\n')
            break
        if EXCEPTION.fullmatch(frame.name() or ''):
            saved = saved_at(frame.read_register('rsp'))
            show_fault(saved[AFTER['rip']], saved[AFTER['rsp']], number(frame.pc()))
            older.select()
            break
        frame = older
    gdb.execute('frame')

def show_fault(rip, rsp, entry):
    """The instruction; a frame's own address is one byte behind it, or its caller's."""
    gdb.set_convenience_variable('fault', rip)
    if caller_of(rip, rsp, entry) is not None:
        gdb.write('The processor was sent to %#x, where there is no code; the frame is that of the call.\n' % rip)
        return
    try:
        text = gdb.execute('x/i $fault', to_string=True).strip()
        gdb.write('At $fault: %s\n' % re.sub(r'^=>\s*', '', text))
    except gdb.error:
        pass

`;
