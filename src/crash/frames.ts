import type { CodePlace, TraceFrame } from './types.ts';

/** `read.isra.0+0x4c/0x180 [lunix 1f2e…]`; module and its build id are optional. */
const place = String.raw`([\w.$]+)\+0x([\da-f]+)(?:\/0x([\da-f]+))?(?: \[([\w-]+)(?:\([A-Z]+\))?(?: ([\da-f]{16,64}))?\])?`;

const frameLine = new RegExp(
  String.raw`^\s*(?:\[<[\da-f]+>\]\s*)?(\? )?${place}\s*(?:\([A-Z]+\)\s*)?$`,
);
/** 32-bit Arm with its own unwinder: `[<addr>] (read [lunix]) from [<addr>] (vfs_read+0x1/0x2)`. */
const armFrame = new RegExp(
  String.raw`^\s*(?:\[<[\da-f]+>\] )?\(?[\w.$]+(?: \[\w+\])?\)? from (?:\[<[\da-f]+>\] )?\(?${place}`,
);

/** Where the processor was: x86, 32-bit x86 with old wordings, arm64, arm, RISC-V. */
const placeLines: readonly RegExp[] = [
  new RegExp(String.raw`^RIP: 0010:(?:\[<[\da-f]+>\]\s+(?:\[<[\da-f]+>\]\s+)?)?${place}`),
  new RegExp(String.raw`^(?:IP|EIP|RIP): (?:\[<[\da-f]+>\] )?${place}`),
  new RegExp(String.raw`^EIP is at ${place}`),
  new RegExp(String.raw`^(?:pc|epc|PC is at) ?:? ${place}`),
];

/** A module at the end of a line. */
const lastWord = / \[([\w-]+)(?:\([A-Z]+\))?(?: [\da-f]{16,64})?\]\s*$/;

/** A frame of a call trace; undefined for every other line. */
export function readFrame(message: string): TraceFrame | undefined {
  const match = frameLine.exec(message);
  if (match !== null) {
    const [, uncertain, ...parts] = match;
    const read = codePlace(parts);
    return { ...read, isReturn: true, ...(uncertain === undefined ? {} : { uncertain: true }) };
  }
  const arm = armFrame.exec(message);
  return arm === null ? undefined : { ...codePlace(arm.slice(1)), isReturn: true };
}

/** The place of a fault, from the line with the instruction pointer. */
export function readInstructionPointer(message: string): CodePlace | undefined {
  for (const pattern of placeLines) {
    const match = pattern.exec(message);
    if (match === null) continue;
    const read = codePlace(match.slice(1));
    // What a program printed may part the place from its module.
    const module = read.module ?? lastWord.exec(message)?.[1];
    return module === undefined ? read : { ...read, module };
  }
  return undefined;
}

/** A place inside a sentence: `BUG: KASAN: use-after-free in read+0x4c/0x180 [lunix]`. */
export function findPlace(message: string): CodePlace | undefined {
  const match = new RegExp(String.raw`(?:^|[\s(])${place}`).exec(message);
  return match === null ? undefined : codePlace(match.slice(1));
}

function codePlace(parts: readonly (string | undefined)[]): CodePlace {
  const [name = '', offset = '0', size, module, buildId] = parts;
  return {
    function: name,
    offset: Number.parseInt(offset, 16),
    size: size === undefined ? -1 : Number.parseInt(size, 16),
    ...(module === undefined ? {} : { module }),
    ...(buildId === undefined ? {} : { buildId }),
  };
}

/**
 * Functions that a trace passes through before it reaches who is to blame: what
 * prints reports, checks, sleeps, locks, frees and copies on behalf of a caller.
 */
const machinery = new RegExp(
  `^(?:${[
    'dump_stack\\w*|dump_backtrace|show_stack|end_repeat_nmi|watchdog_overflow_callback|__?warn\\w*|warn_\\w+|report_bug|handle_bug|__?die\\w*|oops_\\w+|page_fault_oops|panic|nmi_\\w+|trigger_\\w*backtrace',
    'kasan_\\w+|__kasan\\w*|__asan\\w*|__hwasan\\w*|print_(?:report|address\\w*)|check_memory_region|kfence_\\w+|__kfence\\w*|kmsan_\\w+|__msan\\w*|kcsan_\\w+|__tsan\\w*|ubsan_\\w+|__ubsan\\w*|slab_err|slab_bug|object_err|check_object|check_\\w*bytes\\w*|free_debug_processing|alloc_debug_processing|free_to_partial_list|print_trailer',
    'asm_\\w+|exc_\\w+|do_(?:error_trap|trap|invalid_op|divide_error|general_protection|page_fault|user_addr_fault|kern_addr_fault)|bad_area\\w*|no_context|\\w*fixup_exception\\w*|invalid_op|page_fault|general_protection|error_entry|ret_from_\\w+|native_\\w+|pv_native_\\w+|__pv_\\w+|__raw_\\w+|spurious_\\w+',
    '__might_\\w+|___might_\\w+|__schedule\\w*|schedule\\w*|preempt_schedule\\w*|io_schedule\\w*|msleep\\w*|usleep_range\\w*|wait_for_\\w+|__wait_\\w+|prepare_to_wait\\w*|do_nanosleep|__mutex_\\w+|mutex_\\w+|__down\\w*|down\\w*|__up|up|rwsem_\\w+|rt_mutex_\\w+|___down\\w*|cond_resched|__cond_resched|_cond_resched',
    '_raw_\\w+|do_raw_spin_\\w+|queued_\\w+|__pv_queued\\w+|spin_(?:bug|dump)|lock_(?:acquire|release)\\w*|__lock_\\w+|print_\\w*(?:bug|lock|deadlock|usage|unlock)\\w*|check_\\w*(?:deadlock|noncircular|usage)\\w*|validate_chain|mark_lock\\w*|lockdep_\\w+|debug_\\w+|__debug_\\w+|register_lock_class|rcu_\\w+|__rcu_\\w+',
    'kfree\\w*|__kfree\\w*|kmem_cache_\\w+|__kmem_cache_\\w+|__slab_\\w+|___?slab_\\w+|slab_\\w+|set_freepointer|do_slab_free|___cache_free|cache_free\\w*|kmalloc\\w*|__kmalloc\\w*|vfree\\w*|__vunmap|vunmap|kvfree\\w*|free_pages\\w*|__free_\\w+|free_large_kmalloc|free_unref_page\\w*|devm_kfree',
    'mem(?:cpy|set|move|cmp|chr)\\w*|__mem(?:cpy|set|move)\\w*|str\\w+|__str\\w+|copy_\\w*user\\w*|_copy_\\w+|__copy_\\w+|rep_movs\\w*|clear_user\\w*|__?get_user\\w*|__?put_user\\w*|usercopy_abort|__check_\\w+|check_(?:stack|heap|page|kernel_text)_object|fortify_\\w+|__fortify\\w*|__stack_chk_fail|v?s?n?printf|format_decode|string\\w*|vsnprintf',
    '__list_\\w+|list_\\w+|refcount_\\w+|kref_\\w+|watchdog_\\w+|__perf_event_\\w+|perf_event_\\w+|hrtimer_\\w+|__hrtimer_\\w+|tick_\\w+|update_process_times|__sysvec_\\w+|sysvec_\\w+|apic_timer_interrupt|smp_apic\\w*|check_hung\\w*|irq_\\w+|__irq_\\w+|__do_softirq|do_softirq\\w*|handle_softirqs|common_interrupt|call_on_stack|handle_irq\\w*|default_idle\\w*|__x86_indirect\\w+|__x86_return\\w+|srso_\\w+|retbleed_\\w+|__fentry__|ftrace_\\w+',
  ].join('|')})(?:\\.(?:isra|constprop|part|cold|llvm)\\b.*)?$`,
);

/** Whether a function only carries out, checks or reports what another one asked for. */
export function isMachinery(frame: Pick<CodePlace, 'function' | 'module'>): boolean {
  return frame.module === undefined && machinery.test(frame.function);
}

const entryFrames =
  /^(?:entry_\w+|do_syscall_\w+|x64_sys_call|__?x64_sys_\w+|__?ia32_sys_\w+|__?se_sys_\w+|do_int80\w*|do_fast_syscall\w*|el0t?_\w+|do_el0_svc\w*|invoke_syscall|kthread|worker_thread|process_one_work|secondary_startup\w*|start_secondary|cpu_startup_entry|x86_64_start\w*|kernel_init\w*|do_one_initcall|do_initcalls|syscall_\w+)$/;

/** Whether a line is a frame as Arm prints it, without a head before the trace: `a from b+0x1/0x2`. */
export function isArmFrame(message: string): boolean {
  return armFrame.test(message);
}

/** Whether a frame says nothing about the cause: the way into the kernel, or machinery. */
export function isUninteresting(frame: TraceFrame): boolean {
  return frame.uncertain === true || entryFrames.test(frame.function) || isMachinery(frame);
}
