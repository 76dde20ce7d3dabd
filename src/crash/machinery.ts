import type { CodePlace } from './types.ts';

/** Functions that a trace passes through before it reaches who is to blame, and why they never are. */
interface Machinery {
  readonly reason: string;
  /** Names, as regular expressions for the whole name without the compiler's suffixes. */
  readonly names: readonly string[];
}

/** In the order in which a trace meets them: from what prints the report to what its caller asked for. */
export const machinery: readonly Machinery[] = [
  {
    reason: 'prints the report, or stops the kernel for it',
    names: [
      'skb_(?:over_|under_)?panic|__report_bad_irq|note_interrupt|call_console_drivers|console_(?:unlock|flush\\w*|emit\\w*|cont_\\w+|trylock\\w*)|dump_(?:stack|backtrace|header|mapping)\\w*|show_(?:stack|regs|trace)\\w*|_{0,2}show_\\w+|_{0,2}warn\\w*|warn_\\w+|report_(?:bug|cfi\\w*|ubsan\\w*)|__report_bug|handle_bug|fixup_bug|is_valid_bugaddr|_{0,2}die\\w*|oops_\\w+|do_oops|panic\\w*|vpanic|nmi_(?:panic|cpu_backtrace|trigger\\w*)|trigger_\\w*backtrace|arch_trigger\\w*|rust_helper_BUG|rust_panic|rust_begin_unwind|core_panicking\\w*',
      '_R\\w*(?:panicking|panic_fmt|panic_bounds|unwrap_failed|expect_failed)\\w*|_ZN4core9panicking\\w*|_ZN4core6(?:option|result)\\w*failed\\w*|check_panic_on_warn|bug_handler|brk_handler|call_break_hook|ubsan_handler|cfi_handler|reserved_\\w+_handler|(?:early_)?brk\\w*|do_debug_exception|do_el1_(?:brk64|undef|bti|sp|fpac)|el1_(?:dbg|brk64|undef|inv|bti|abort|pc)',
    ],
  },
  {
    reason: 'checks memory or values for its caller (sanitizers, SLUB, usercopy, FORTIFY_SOURCE)',
    names: [
      '_{0,3}(?:kasan|asan|hwasan|kmsan|msan|kcsan|tsan|ubsan|kfence|sanitizer)_\\w+|print_(?:report|address\\w*|trailer|section|unreferenced|tracking|tags?)\\w*|check_(?:memory_region|region_inline)\\w*|describe_(?:object|address)\\w*|end_report|start_report',
      'slab_(?:err|bug|fix|pad_check)\\w*|object_err|check_(?:object|slab|bytes\\w*|pad_bytes)|check_bytes_and_report|(?:free|alloc)_(?:debug_processing|consistency_checks)|free_to_partial_list|on_freelist|init_object|validate_slab\\w*|__slab_err|list_slab_objects',
      'usercopy_abort|_{0,2}copy_overflow|__check_(?:object_size|heap_object|bugs)|check_(?:stack|heap|page|kernel_text)_object|check_heap_object|report_usercopy|fortify_\\w+|__fortify\\w*|__stack_chk_fail|handle_overflow|val_to_string|(?:check|reuse)_(?:preemption_disabled|stack_\\w+)|debug_smp_processor_id|__this_cpu_preempt_check|__warn_thunk|__unwind_start|unwind_\\w+|arch_stack_walk\\w*|stack_trace_\\w+|save_stack\\w*|stack_depot_\\w+|__save_stack_trace',
      'work_is_static_object|insert_work|\\w+_is_static_object|debug_(?:print_object|object_\\w+|check_no_obj\\w*|mutex_\\w+|rt_mutex_\\w+|spin_\\w+|lockdep_rcu\\w*|check_no_locks\\w*|show_held\\w*|dma_\\w+)|__debug_(?:check_no_obj\\w*|object_\\w+)|lookup_object_or_alloc|check_unmap|err_printk|kmemleak_\\w+|create_object|fail_dump|should_fail\\w*|__should_fail\\w*|should_failslab|fault_create_debugfs_attr',
      '__virt_to_phys|__phys_addr\\w*|__virt_addr_valid|virt_to_cache|cache_from_obj|__check_page\\w*|bad_page\\w*|free_page_is_bad\\w*|check_(?:new|free)_page\\w*|print_bad_(?:pte|page\\w*)|page_expected_state|vm_fault_\\w+',
    ],
  },
  {
    reason: 'is the way from the processor’s exception or interrupt to its handler',
    names: [
      'asm_\\w+|exc_\\w+|do_(?:error_trap|trap|invalid_op|divide_error|general_protection|page_fault|user_addr_fault|kern_addr_fault|mem_abort|translation_fault|undefinstr|sp_pc_abort|int3|double_fault|alignment_\\w+|bad_area\\w*|stack_segment|DataAbort|PrefetchAbort|undef\\w*|trap_\\w+|serror|tag_check_fault\\w*|ade|bp|ri|tr|pgm_check|dat_exception|kernel_(?:fault|range_fault|power)\\w*|sea)|__do_(?:kernel_fault|user_fault|page_fault|pgm_check)',
      'bad_area\\w*|__bad_area\\w*|no_context|\\w*fixup_exception\\w*|invalid_op|page_fault|divide_error|general_protection|stack_segment|double_fault|error_entry|\\w+_trap|handle_(?:page_fault|exception|stack_overflow|\\w+_int)|ret_from_\\w+|ret_to_\\w+|spurious_\\w+|fault_in_kernel_space|el[01]t?h?_\\w+|__el[01]_\\w+|vectors|__(?:irq|dabt|pabt|und)_(?:svc|usr|invalid)|die_kernel_fault|kernelmode_fixup_or_oops|page_fault_oops|handle_bad_stack|\\w+_common_virt|\\w+_interrupt_return\\w*|program_check_\\w+|pgm_check_handler|__ret_from_fork|end_repeat_nmi|default_do_nmi|nmi_handle|do_nmi|nmi_restore',
      '_{0,2}sysvec_\\w+|sysvec_\\w+|instr_sysvec\\w*|apic_timer_interrupt|smp_apic\\w*|reschedule_interrupt|call_function\\w*interrupt|common_interrupt|do_IRQ|gic_handle_irq|do_interrupt_handler|call_on_(?:irq_)?stack|handle_irq\\w*|__handle_\\w*irq\\w*|handle_(?:arch|domain|fasteoi|edge|level|percpu\\w*)_irq|generic_handle\\w*|irq_(?:enter|exit|work|forced_thread\\w*|thread)\\w*|__irq_\\w+|irqentry_\\w+|invoke_softirq|__do_softirq|do_softirq\\w*|____do_softirq|handle_softirqs|_stext|run_ksoftirqd|smpboot_thread_fn|entry_\\w+|restore_all|fiq_\\w+|do_idle|default_idle\\w*|arch_(?:cpu|call)_\\w+|cpuidle_\\w+|acpi_(?:safe_halt|idle_\\w+)|intel_idle\\w*|mwait_idle\\w*|poll_idle|cpu_do_idle|safe_halt',
      '__x86_(?:indirect|return)\\w+|srso_\\w+|retbleed_\\w+|__fentry__|mcount|ftrace_\\w+|arch_ftrace\\w*|function_trace\\w*|kretprobe\\w*|arch_rethook\\w*',
    ],
  },
  {
    reason: 'measures time or watches processors for those that hang',
    names: [
      'watchdog\\w*|softlockup_\\w+|check_hung\\w*|hung_task\\w*|sched_show_task|show_state\\w*|_{0,2}perf_event_overflow|perf_event_(?:nmi\\w*|overflow)|hrtimer_(?:interrupt|run_queues|try_to_cancel|start\\w*)|__hrtimer_\\w+|__run_hrtimer|tick_\\w+|update_process_times|scheduler_tick|sched_tick|run_local_timers|(?:local|arch)_(?:apic_)?timer_\\w+|rcu_(?:sched_clock_irq|check_callbacks|dump_cpu_stacks|check_gp\\w*|cpu_kthread|gp_kthread|gp_fqs\\w*|pending|core\\w*|process_callbacks|do_batch|stall\\w*|preempt_\\w+|print\\w*)|rcu_check_gp\\w*|print_(?:other_)?cpu_stall\\w*|check_cpu_stall\\w*|_{0,2}rcu_pending|synchronize_\\w*rcu\\w*|rcu_barrier\\w*|wakeme_after_rcu|__wait_rcu_gp|timer_interrupt|smp_call_function\\w*|__flush_smp_call\\w*|flush_smp_call\\w*|generic_smp_call\\w*|on_each_cpu\\w*|csd_lock\\w*|__csd_lock\\w*|call_timer_fn|expire_timers|__run_timers\\w*|__run_timer_base|run_timer_\\w+',
    ],
  },
  {
    reason: 'sleeps or gives the processor away for its caller',
    names: [
      '_{0,3}might_\\w+|__switch_to\\w*|__schedule\\w*|schedule|schedule_(?:timeout\\w*|preempt\\w*|hrtimeout\\w*|user|idle)|context_switch|preempt_schedule\\w*|io_schedule\\w*|msleep\\w*|usleep_\\w+|fsleep|ssleep|wait_for_\\w+|__wait_\\w+|wait_(?:on|event|woken)\\w*|bit_wait\\w*|out_of_line_wait\\w*|prepare_to_wait\\w*|do_(?:nanosleep|wait_for_common|wait_intr\\w*)|hrtimer_nanosleep|_?_?cond_resched\\w*|dynamic_cond_resched|yield\\w*|folio_wait\\w*|__folio_lock\\w*|folio_lock\\w*|__lock_page\\w*|lock_page\\w*|wait_on_page\\w*|__lock_buffer|kthread_(?:stop|flush\\w*|park)|flush_(?:work\\w*|delayed_work|scheduled_work)|__flush_work\\w*|__cancel_\\w*work\\w*|cancel_(?:delayed_)?work\\w*|drain_workqueue|destroy_workqueue|(?:__)?queue_(?:delayed_)?work\\w*|del_timer\\w*|timer_delete\\w*|timer_shutdown\\w*|__timer_delete\\w*|try_to_del_timer\\w*|add_timer\\w*|_{0,2}mod_timer\\w*|detach_\\w*timer\\w*|schedule_debug|__schedule_bug|schedule_bug|__synchronize_\\w+|try_to_wake_up|wake_up\\w*|__wake_up\\w*|complete(?:_all)?|swake_up\\w*',
    ],
  },
  {
    reason: 'takes, releases or checks a lock for its caller',
    names: [
      '_{0,2}raw_(?:spin|read|write)\\w+|_raw_\\w+|do_raw_\\w+|(?:native_)?queued_\\w+|__pv_queued\\w+|pv_(?:queued|wait|kick)\\w*|_?_?spin_(?:bug|dump|lock\\w*|unlock\\w*|trylock\\w*)|rwlock_bug|_?(?:read|write)_(?:lock|unlock|trylock)\\w*|_{0,2}mutex_\\w+|__ww_mutex\\w*|ww_mutex\\w*|_{0,2}down\\w*|___down\\w*|_{0,2}up|up_(?:read|write)|__up_(?:read|write|console_sem)|rwsem_\\w+|__rwsem\\w*|call_rwsem\\w*|percpu_(?:down|up)_\\w+|__percpu_(?:down|up)\\w*|rt_(?:mutex|spin|read|write)_\\w+|__rt_mutex\\w*|rtlock_\\w+|osq_\\w+|bit_spin_\\w+|lock_sock_nested|arch_spin_\\w+|atomic_\\w+|arch_atomic\\w*|arch_local\\w*|local_(?:irq|bh)_\\w+|__local_bh_\\w+|__rtnl_unlock',
      'lock_(?:acquire|release|is_held|downgrade|set_class|pin|unpin|acquired|contended|repin)\\w*|__lock_(?:acquire|release|is_held|acquired|contended|set_class|downgrade|pin)\\w*|reacquire_held_locks|find_held_lock|print_\\w*(?:bug|lock|deadlock|usage|unlock|circular|irq|wait_context|collision|chain)\\w*|check_(?:\\w*(?:deadlock|noncircular|usage|path|irq_usage|prevs?_add|wait_context|prev_add_irq|flags|chain_key|irq))\\w*|validate_chain|__bfs\\w*|mark_(?:lock|held|usage|all)\\w*|valid_state|usage_\\w+|lockdep_\\w+|register_lock_class|look_up_lock_class|assign_lock_key|lockstat\\w*|trace_(?:hardirqs|preempt)\\w*|lookup_chain\\w*|add_chain\\w*|hlock_class|ct_(?:irq|nmi)_\\w+',
    ],
  },
  {
    reason: 'allocates or frees memory for its caller',
    names: [
      'kfree\\w*|__kfree(?:_rcu)?|kv?z?free\\w*|kmem_cache_\\w+|__kmem_cache_\\w+|do_kmem_cache\\w*|_{0,3}slab_\\w+|____slab\\w*|___slab\\w*|slab_\\w+|set_freepointer|get_freepointer\\w*|freelist_\\w+|do_slab_free|_{0,3}cache_(?:free|alloc|flusharray|grow|reap|destroy)\\w*|kmalloc\\w*|_{0,2}do_kmalloc\\w*|__kmalloc\\w*|kzalloc\\w*|kcalloc\\w*|_{0,2}krealloc\\w*|kv?m?alloc\\w*|kvmalloc\\w*|__kvmalloc\\w*|kmemdup\\w*|kstrn?dup\\w*|kvasprintf\\w*|kasprintf|memdup_\\w+|vmemdup\\w*|strndup_user|allocate_slab|new_slab\\w*|alloc_slab_page|shrink_slab|unfreeze_partials|put_cpu_partial|deactivate_slab|flush_(?:all|cpu_slab)\\w*|qlist_\\w+|qlink_\\w+|quarantine_\\w+|shutdown_cache|free_partial\\w*|discard_slab|__free_slab|rcu_free_slab|kobject_cleanup_cache|sheaf_\\w+|__pcs_\\w+|memcg_\\w*alloc\\w*|mempool_alloc\\w*|build_detached_freelist|setup_object\\w*',
      '_{0,2}vmalloc\\w*|vzalloc\\w*|vfree\\w*|__vfree\\w*|__vunmap|vunmap\\w*|_{0,2}alloc_(?:pages|frozen_pages|page|pages_\\w+)\\w*|alloc_(?:page|pages|frozen)\\w*|get_page_from_freelist|get_(?:zeroed_page|free_pages?)\\w*|__get_free_pages?|warn_alloc|prep_new_page|post_alloc_hook|rmqueue\\w*|__rmqueue\\w*|free_(?:pages?|unref_\\w+|frozen_pages|large_kmalloc|pcp\\w*|hot_cold\\w*|contig\\w*|one_page|pages_\\w+|page_\\w+)|__free_(?:pages?|page\\w*|frozen\\w*|one_page)|free_unref_\\w+|page_frag_alloc\\w*|__(?:alloc_)?page_frag\\w*|_{0,2}(?:netdev|napi)_alloc_(?:skb|frag)\\w*|_{0,2}alloc_skb\\w*|_{0,2}build_skb\\w*|(?:x86_)?swiotlb_alloc\\w*|dma_generic_alloc\\w*|devm_k?\\w*alloc\\w*|devm_kfree|dma_alloc_\\w+|dma_free_\\w+|pcpu_\\w+|__alloc_percpu\\w*|free_percpu|krealloc\\w*|kfree_skbmem|radix_tree_node_\\w+|rcu_torture\\w*|call_rcu\\w*|__call_rcu\\w*|kfree_rcu\\w*|kvfree_\\w+',
    ],
  },
  {
    reason: 'copies, compares or formats bytes for its caller',
    names: [
      '_{0,2}skb_(?:put|push|pull)(?:_data|_zero|_u8)?|(?:__)?(?:pi_)?mem(?:cpy|set|move|cmp|chr|cat|scan|dup|zero)\\w*|_{0,2}str(?:cmp|cpy|len|n?len|ncmp|ncpy|cat|lcat|lcpy|scpy|chr|rchr|nchr|str|nstr|sep|pbrk|spn|cspn|casecmp|ncasecmp|set|im|reverse)\\w*|sized_strscpy|bcmp|_{0,3}copy_\\w*(?:user|iter|nocache|generic|unrolled|string|mc|page|highpage)\\w*|_copy_\\w+|__arch_copy\\w*|raw_copy_\\w+|rep_(?:movs|stos)\\w*|_{0,2}clear_(?:user|page)\\w*|clear_page\\w*|_{0,2}get_user\\w*|_{0,2}put_user\\w*|__get_kernel\\w*|copy_(?:from|to)_kernel_nofault\\w*|probe_kernel_\\w+|fault_in_\\w+|iov_iter_\\w+|simple_(?:read|write)_(?:from|to)_buffer|csum_partial\\w*|do_csum|crc\\w+|__crc\\w*|v?s?c?n?printf|vsc?nprintf|vprintk\\w*|_?printk\\w*|_?_?dev_printk\\w*|_dev_(?:emerg|alert|crit|err|warn|notice|info|printk)|dev_vprintk\\w*|seq_(?:v?printf|puts|putc|write|put_\\w+)|format_decode|string(?:_nocheck)?|pointer|number|hex_\\w+|print_hex_dump\\w*|sort\\w*|bsearch',
    ],
  },
  {
    reason: 'keeps a list, tree, counter or bit for its caller',
    names: [
      '_{0,2}list_\\w+|hlist_\\w+|__hlist\\w*|llist_\\w+|plist_\\w+|klist_\\w+|rb_\\w+|__rb_\\w+|__rbtree\\w*|rhashtable_\\w+|__rhashtable\\w*|rht_\\w+|rhltable\\w*|refcount_\\w+|__refcount\\w*|kref_\\w+|percpu_(?:ref|counter)_\\w+|__percpu_counter\\w*|idr_\\w+|ida_\\w+|xa_\\w+|__xa_\\w+|xas_\\w+|radix_tree_\\w+|__radix_tree\\w*|find_(?:next|first|last)_\\w*bit\\w*|_find_\\w+bit\\w*|__bitmap_\\w+|bitmap_\\w+|(?:test|set|clear|change)_(?:and_\\w+_)?bit\\w*|mas_\\w+|mtree_\\w+|kobject_(?:get|put)\\w*|kset_put|timerqueue_\\w+|instrument_\\w+|__(?:read|write)_once\\w*|read_pnet|raw_(?:atomic|cmpxchg)\\w*|cmpxchg\\w*|__sw_hweight\\w*|klist\\w*|rcu_(?:read_\\w+|lock_\\w+|is_watching|note\\w*|momentary\\w*|segcblist\\w*|cblist\\w*)|__rcu_read\\w*|srcu_\\w+|__srcu_read\\w*|rcu_nocb\\w*|rcu_all_qs|__cant_\\w+|notifier_call_chain|(?:raw|blocking|atomic|srcu)_notifier_call\\w*|_{0,2}raw_notifier\\w*',
      'native_\\w+|pv_native_\\w+|paravirt_\\w+|__pv_\\w+|__raw_callee\\w*|kvm_(?:wait|guest_\\w+|clock_\\w+)|hv_\\w*(?:delay|wait)\\w*|delay_\\w+|__delay|_{0,2}udelay\\w*|__const_udelay|__timer_delay|rdtsc\\w*|ioread\\w*|iowrite\\w*|read[bwlq]|write[bwlq]|__raw_(?:read|write)[bwlq]|cpu_relax\\w*|mmio_\\w+',
    ],
  },
];

const names = new RegExp(
  `^(?:${machinery.flatMap((each) => each.names).join('|')})(?:\\.(?:isra|constprop|part|cold|llvm)\\b.*|\\.\\d+)*$`,
);

/** Whether a function only carries out, checks or reports what another one asked for. */
export function isMachinery(frame: Pick<CodePlace, 'function' | 'module'>): boolean {
  return frame.module === undefined && names.test(frame.function);
}
