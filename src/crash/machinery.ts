import type { CodePlace } from './crash-event.ts';

/** Functions that a trace passes through before it reaches who is to blame, and why they never are. */
interface Machinery {
  readonly reason: string;
  /** Names, as regular expressions for the whole name without the compiler's suffixes. */
  readonly names: readonly string[];
  /** The modules that have them, as a regular expression: without it, functions of the kernel itself only. */
  readonly modules?: string;
}

/** In the order in which a trace meets them: from what prints the report to what its caller asked for. */
export const machinery: readonly Machinery[] = [
  {
    reason: 'prints the report, or stops the kernel for it',
    names: [
      'skb_(?:over_|under_)?panic|__report_bad_irq|note_interrupt|call_console_drivers|console_(?:unlock|flush\\w*|emit\\w*|cont_\\w+|trylock\\w*)|_{0,2}dump_(?:stack|backtrace|header|mapping|page)\\w*|bust_spinlocks|prb_\\w+|trace_(?:array_)?v?b?printk\\w*|__trace_b?(?:puts|printk)|show_(?:stack|regs|trace)\\w*|_{0,2}show_\\w+|_{0,2}warn\\w*|warn_\\w+|report_(?:bug|cfi\\w*|ubsan\\w*)|__report_bug|handle_bug|fixup_bug|is_valid_bugaddr|_{0,2}die\\w*|oops_\\w+|do_oops|panic\\w*|vpanic|nmi_(?:panic|cpu_backtrace|trigger\\w*)|trigger_\\w*backtrace|arch_trigger\\w*|rust_helper_BUG|rust_panic|rust_begin_unwind|core_panicking\\w*',
      '_R\\w*(?:panicking|panic_fmt|panic_bounds|unwrap_failed|expect_failed)\\w*|_ZN4core9panicking\\w*|_ZN4core6(?:option|result)\\w*failed\\w*|check_panic_on_warn|bug_handler|brk_handler|call_break_hook|ubsan_handler|cfi_handler|reserved_\\w+_handler|(?:early_)?brk\\w*|do_debug_exception|do_el1_(?:brk64|undef|bti|sp|fpac)|el1_(?:dbg|brk64|undef|inv|bti|abort|pc)',
      'walk_stackframe|__dump_stack|dump_cpu_task|raise_nmi|(?:nmi_cpu_backtrace|\\w+_backtrace)_handler|ipi_cpu_\\w+|print_worker_info|(?:\\w+_)?console_(?:write\\w*|putchar\\w*|print)|(?:io|mem\\d*|dw8250|hub6|au)_serial_(?:in|out)\\w*|uart_console_\\w+|vt_console_print|write_msg|netconsole_\\w+|fbcon_scroll\\w*|con_scroll|___ratelimit|__printk_ratelimit|(?:__)?(?:netdev|wiphy|pci)_(?:printk|emerg|alert|crit|err|warn|notice|info)|__dynamic_\\w*dbg|ptr_to_hashval|dev_driver_string|_{0,3}drm_(?:\\w+_)?(?:printk|err|dbg)|add_taint|kmsg_dump\\w*',
      '(?:__)?crash_(?:kexec|save\\w*|smp_send_stop|fadump)|machine_(?:crash_shutdown|kexec|restart|halt)|nmi_shootdown_cpus|emergency_restart|(?:\\w+_)?smp_send_stop|stop_this_cpu|native_stop_other_cpus|rewind_stack\\w*|make_task_dead|notify_die|__atomic_notifier_call_chain|kprobe_(?:fault_handler|exceptions_notify)|arm_notify_die|_exception\\w*|mce_(?:panic|start)|wait_for_panic|arm64_(?:serror_panic|is_fatal_\\w+)|(?:\\w+_)?(?:bug|cfi|ubsan|kasan|reserved)_brk_handler|call_el1_break_handler|handle_cfi_failure|__cfi_\\w+|ex_handler_\\w+',
    ],
  },
  {
    reason: 'checks memory or values for its caller (sanitizers, SLUB, usercopy, FORTIFY_SOURCE)',
    names: [
      '_{0,3}(?:kasan|asan|hwasan|kmsan|msan|kcsan|tsan|ubsan|kfence|sanitizer)_\\w+|print_(?:report|address\\w*|trailer|section|unreferenced|tracking|tags?)\\w*|check_(?:memory_region|region_inline)\\w*|describe_(?:object|address)\\w*|end_report|start_report',
      'slab_(?:err|bug|fix|pad_check)\\w*|object_err|check_(?:object|slab|bytes\\w*|pad_bytes)|check_bytes_and_report|(?:free|alloc)_(?:debug_processing|consistency_checks)|free_to_partial_list|on_freelist|init_object|validate_slab\\w*|__slab_err|list_slab_objects',
      'usercopy_abort|_{0,2}copy_overflow|__check_(?:object_size|heap_object|bugs)|check_(?:stack|heap|page|kernel_text)_object|check_heap_object|report_usercopy|fortify_\\w+|__fortify\\w*|__stack_chk_fail|handle_overflow|val_to_string|(?:check|reuse)_(?:preemption_disabled|stack_\\w+)|debug_smp_processor_id|__this_cpu_preempt_check|__warn_thunk|__unwind_start|unwind_\\w+|arch_stack_walk\\w*|stack_trace_\\w+|save_stack\\w*|(?:__)?stack_depot_\\w+|depot_alloc_stack|memory_is_poisoned\\w*|__save_stack_trace',
      'work_is_static_object|insert_work|\\w+_is_static_object|debug_(?:print_object|object_\\w+|check_no_obj\\w*|mutex_\\w+|rt_mutex_\\w+|spin_\\w+|lockdep_rcu\\w*|check_no_locks\\w*|show_held\\w*|dma_\\w+)|__debug_(?:check_no_obj\\w*|object_\\w+)|lookup_object_or_alloc|check_unmap|err_printk|kmemleak_\\w+|create_object|fail_dump|should_fail\\w*|__should_fail\\w*|should_failslab|fault_create_debugfs_attr',
      '__virt_to_phys|__phys_addr\\w*|__virt_addr_valid|virt_to_cache|cache_from_obj|__check_page\\w*|bad_page\\w*|free_page_is_bad\\w*|check_(?:new|free)_page\\w*|print_bad_(?:pte|page\\w*)|page_expected_state|vm_fault_\\w+',
      'arch_touch_nmi_watchdog|(?:__)?kernel_text_address|is_(?:module|bpf)_text_address|search_exception_tables|in_sched_functions|usercopy_\\w+|__(?:read|write)_overflow\\w*|__stack_chk_fail_local|stackleak_\\w+|check_canary\\w*|(?:hrtimer|timer|work|rcuhead)_fixup_\\w+|(?:sysfs|kernfs)_warn\\w*|check_flush_dependency|rcu_sleep_check|read_word_at_a_time',
    ],
  },
  {
    reason: 'is the way from the processor’s exception or interrupt to its handler',
    names: [
      'asm_\\w+|exc_\\w+|do_(?:error_trap|trap|invalid_op|divide_error|general_protection|page_fault|user_addr_fault|kern_addr_fault|mem_abort|translation_fault|undefinstr|sp_pc_abort|int3|double_fault|alignment_\\w+|bad_area\\w*|stack_segment|DataAbort|PrefetchAbort|undef\\w*|trap_\\w+|serror|tag_check_fault\\w*|ade|bp|ri|tr|pgm_check|dat_exception|kernel_(?:fault|range_fault|power)\\w*|sea)|__do_(?:kernel_fault|user_fault|page_fault|pgm_check)',
      'bad_area\\w*|__bad_area\\w*|no_context|\\w*fixup_exception\\w*|invalid_op|page_fault|divide_error|general_protection|stack_segment|double_fault|error_entry|\\w+_trap|handle_(?:page_fault|exception|stack_overflow|\\w+_int)|ret_from_\\w+|ret_to_\\w+|spurious_\\w+|fault_in_kernel_space|el[01]t?h?_\\w+|__el[01]_\\w+|vectors|__(?:irq|dabt|pabt|und)_(?:svc|usr|invalid)|die_kernel_fault|kernelmode_fixup_or_oops|page_fault_oops|handle_bad_stack|\\w+_common_virt|\\w+_interrupt_return\\w*|program_check_\\w+|pgm_check_handler|__ret_from_fork|end_repeat_nmi|default_do_nmi|nmi_handle|do_nmi|nmi_restore',
      '_{0,2}sysvec_\\w+|sysvec_\\w+|instr_sysvec\\w*|apic_timer_interrupt|smp_apic\\w*|reschedule_interrupt|call_function\\w*interrupt|common_interrupt|do_IRQ|gic_handle_irq|do_interrupt_handler|call_on_(?:irq_)?stack|handle_irq\\w*|__handle_\\w*irq\\w*|handle_(?:arch|domain|fasteoi|edge|level|percpu\\w*)_irq|generic_handle\\w*|irq_(?:enter|exit|work|forced_thread\\w*|thread)\\w*|__irq_\\w+|irqentry_\\w+|invoke_softirq|__do_softirq|do_softirq\\w*|____do_softirq|handle_softirqs|_stext|run_ksoftirqd|smpboot_thread_fn|entry_\\w+|restore_all|fiq_\\w+|do_idle|default_idle\\w*|arch_(?:cpu|call)_\\w+|cpuidle_\\w+|acpi_(?:safe_halt|idle_\\w+)|intel_idle\\w*|mwait_idle\\w*|poll_idle|cpu_do_idle|safe_halt',
      '__x86_(?:indirect|return)\\w+|srso_\\w+|retbleed_\\w+|__fentry__|mcount|ftrace_\\w+|arch_ftrace\\w*|function_trace\\w*|kretprobe\\w*|arch_rethook\\w*',
      '(?:do_)?handle_(?:IPI|ipi)|(?:arch|riscv|do)?_?(?:handle_)?ipi_(?:handler|interrupt|mux_process|irq)\\w*|(?:riscv|generic|loongson3?|mips|sbi|xen|hv|gic|bcm\\w*|ipi_mux)_(?:handle_)?ipi\\w*|smp_(?:ipi_demux\\w*|muxed_ipi\\w*|handle_ext_call|cross_call|ext_call)|doorbell_(?:exception|interrupt)\\w*|(?:do_)?ext_(?:int|irq|no_vtime|call_interrupt)\\w*|do_(?:ext|io|async)_(?:interrupt|irq)|do_irq\\w*|__do_(?:irq|IRQ)|call_do_(?:irq|softirq)|(?:io|ext|mcck|restart|pgm|svc)_(?:int|check)_handler|__ipi_send_\\w+|(?:arch_)?send_call_function\\w*|arch_send_call\\w*|arch_irq_work_raise',
      'retint_\\w+|restore_(?:regs|args|c_regs|all)\\w*|resume_(?:kernel|userspace)\\w*|(?:decrementer|hardware_interrupt|data_access|instruction_access|h_data_storage|alignment|emulation_assist|system_reset|soft_nmi|program_check|denorm|doorbell|performance_monitor|machine_check|fp_unavailable)(?:_\\w+)?_common|interrupt_(?:64|return|exit)\\w*|(?:fast_exception_return|transfer_to_handler|transfer_to_syscall|soft_nmi_interrupt|system_reset_exception|do_program_check|_restore_kernel_tsp|handle_kernel_stack_overflow|tlb_do_page_fault\\w*)|handle_(?:break|tlb[lsm]|bp|tr|ri\\w*|ade\\w*|ale|bce|fpe|reserved|watch|vint|int|int_vint|loongarch_irq|riscv_irq|IRQ|exception\\w*)|(?:rollback_)?handle_int\\w*|except_vec\\w*|do_(?:be|cpu|mcheck|vint|default_vi|ale|bce|watch|reserved|fpe|ftlb|msa\\w*|bad|sect_fault|unexp_fiq|alignment\\w*|tag_recovery|machine_check|async_page_fault)',
      'exit_to_user_mode\\w*|__und_\\w+|__(?:fiq|irq|dabt|pabt)_\\w+|asm_do_IRQ|plat_irq_dispatch|\\w+_irq_dispatch|octeon_irq_\\w+|(?!\\w*chained)\\w+_handle_irq|riscv_intc_\\w*irq|gic_cascade_irq|__(?:exception|irqentry|softirqentry|entry|kprobes)_text_(?:start|end)|bad_(?:mode|el0_sync|get_user|put_user|to_user|from_user)|__bad_stack|trace_(?:do_)?page_fault|async_page_fault|xen_do_\\w+|xen_(?:evtchn|hvm|pv)_\\w*(?:upcall|callback)\\w*|df_debug|ud[12]|stub_\\w+',
      'tasklet_(?:action\\w*|hi_action)|net_rx_action|process_backlog|__napi_poll|blk_done_softirq|irq_poll_softirq|run_rebalance_domains|cpu_idle_loop|(?:arch|cpu|pseries|amd|psci|sh|imx|omap|tegra|mwait|xen|dedicated|shared)\\w*_(?:idle|enter_idle|enter_idle_state|cede_loop|halt)|psci_\\w*idle\\w*|snooze_loop|_{0,2}r4k_wait\\w*|acpi_processor_ffh_\\w+|call_cpuidle|tdx_halt|__arch_cpu_idle|enter_idle\\w*|(?:__)?cpu_\\w*do_idle',
      'perf_(?:trace|tp|swevent)_\\w+|trace_event_(?:raw|buffer)_\\w+|trace_call_bpf|bpf_trace_run\\d+|__bpf_trace_\\w+|__traceiter_\\w+|(?:kprobe|aggr_pre|opt_pre)_\\w*handler|opt(?:imized)?_(?:callback|pre_handler)|return_to_handler|__indirect_thunk\\w*|__llvm_retpoline\\w*',
    ],
  },
  {
    reason: 'measures time or watches processors for those that hang',
    names: [
      'watchdog\\w*|softlockup_\\w+|check_hung\\w*|hung_task\\w*|sched_show_task|show_state\\w*|_{0,2}perf_event_overflow|perf_event_(?:nmi\\w*|overflow)|hrtimer_(?:interrupt|run_queues|try_to_cancel|start\\w*)|__hrtimer_\\w+|__run_hrtimer|tick_\\w+|update_process_times|scheduler_tick|sched_tick|run_local_timers|(?:local|arch)_(?:apic_)?timer_\\w+|rcu_(?:sched_clock_irq|check_callbacks|dump_cpu_stacks|check_gp\\w*|cpu_kthread|gp_kthread|gp_fqs\\w*|pending|core\\w*|process_callbacks|do_batch|stall\\w*|preempt_\\w+|print\\w*)|rcu_check_gp\\w*|print_(?:other_)?cpu_stall\\w*|check_cpu_stall\\w*|_{0,2}rcu_pending|synchronize_\\w*rcu\\w*|rcu_barrier\\w*|wakeme_after_rcu|__wait_rcu_gp|timer_interrupt|smp_call_function\\w*|__flush_smp_call\\w*|flush_smp_call\\w*|generic_smp_call\\w*|on_each_cpu\\w*|csd_lock\\w*|__csd_lock\\w*|call_timer_fn|expire_timers|__run_timers\\w*|__run_timer_base|run_timer_\\w+',
      'ct_(?:user|kernel|idle|irq|nmi)_\\w+|_{0,2}context_tracking_\\w+|rcu_(?:dynticks_\\w+|eqs_\\w+|idle_\\w+|irq_\\w+|nmi_\\w+|user_\\w+)|invoke_rcu_core|hrtimer_(?:init\\w*|setup\\w*|active|forward|cancel)|(?:lock_timer_base|(?:__)?internal_add_timer|calc_wheel_index|enqueue_timer)|clockevents_program_event|(?:native_)?read_tsc|read_hpet|pvclock_\\w+|arch_counter_\\w+|__loop_delay',
    ],
  },
  {
    reason: 'sleeps or gives the processor away for its caller',
    names: [
      '_{0,3}might_\\w+|__switch_to\\w*|__schedule\\w*|schedule|schedule_(?:timeout\\w*|preempt\\w*|hrtimeout\\w*|user|idle)|context_switch|preempt_schedule\\w*|io_schedule\\w*|msleep\\w*|usleep_\\w+|fsleep|ssleep|wait_for_\\w+|__wait_\\w+|wait_(?:on|event|woken)\\w*|bit_wait\\w*|out_of_line_wait\\w*|prepare_to_wait\\w*|do_(?:nanosleep|wait_for_common|wait_intr\\w*)|hrtimer_nanosleep|_?_?cond_resched\\w*|dynamic_cond_resched|yield\\w*|folio_wait\\w*|__folio_lock\\w*|folio_lock\\w*|__lock_page\\w*|lock_page\\w*|wait_on_page\\w*|__lock_buffer|kthread_(?:stop|flush\\w*|park)|flush_(?:work\\w*|delayed_work|scheduled_work)|__flush_work\\w*|__cancel_\\w*work\\w*|cancel_(?:delayed_)?work\\w*|drain_workqueue|destroy_workqueue|(?:__)?queue_(?:delayed_)?work\\w*|del_timer\\w*|timer_delete\\w*|timer_shutdown\\w*|__timer_delete\\w*|try_to_del_timer\\w*|add_timer\\w*|_{0,2}mod_timer\\w*|detach_\\w*timer\\w*|schedule_debug|__schedule_bug|schedule_bug|__synchronize_\\w+|try_to_wake_up|wake_up\\w*|__wake_up\\w*|complete(?:_all)?|swake_up\\w*',
      'synchronize_(?:net|sched|irq|hardirq)\\w*|__synchronize_\\w+|wait_rcu_gp|disable_irq|(?:try_to_grab|work_grab)_pending\\w*|(?:__)?(?:start_)?flush_work\\w*|flush_rcu_work|mod_delayed_work\\w*|schedule_(?:delayed_)?work\\w*|tasklet_(?:kill|unlock_\\w+)|_{0,2}tasklet_\\w*schedule\\w*|napi_(?:disable\\w*|synchronize)|finish_(?:wait|task_switch)\\w*|(?:autoremove|default|woken|bit|wake_bit)_wake_function\\w*|wake_bit_function|ttwu_\\w+|kick_process|resched_curr|(?:(?:en|de)queue|activate|deactivate)_task\\w*|pick_next_\\w+|update_(?:curr|load_avg)|load_balance|(?:sched_)?(?:rebalance|balance)_domains|do_task_dead|kthread_(?:unpark|destroy_worker|queue_\\w*work)|wq_worker_(?:running|sleeping|waking\\w*|comm)|sched_(?:submit|update)_work\\w*|complete_with_flags|rcuwait_\\w+|dma_fence_(?:default_)?wait\\w*|dma_resv_wait\\w*|(?:__)?stop_(?:one_cpu|machine|cpus|two_cpus)\\w*|multi_cpu_stop|cpu_stop\\w*|queue_stop_\\w+',
      '_{0,2}filemap_fdatawait\\w*|filemap_write_and_wait\\w*|fdatawait_one_bdev|rq_qos_wait|wbt_wait|__rq_qos_throttle|\\w+_wait_for_\\w+|jbd2_log_wait_commit|blk_mq_freeze_queue_wait|(?:cleanup|init)_srcu_struct\\w*|_{0,2}(?:add|remove)_wait_queue\\w*|rpc_wait_bit_killable|sk_wait_data|_{0,2}kthread_create_\\w+|kick_all_cpus_sync',
    ],
  },
  {
    reason: 'takes, releases or checks a lock for its caller',
    names: [
      '_{0,2}raw_(?:spin|read|write)\\w+|_raw_\\w+|do_raw_\\w+|(?:native_)?queued_\\w+|__pv_queued\\w+|pv_(?:queued|wait|kick)\\w*|_?_?spin_(?:bug|dump|lock\\w*|unlock\\w*|trylock\\w*)|rwlock_bug|_?(?:read|write)_(?:lock|unlock|trylock)\\w*|_{0,2}mutex_\\w+|__ww_mutex\\w*|ww_mutex\\w*|_{0,2}down(?:_(?:read|write|trylock|interruptible|killable|timeout|common)\\w*)?|___down\\w*|_{0,2}up|up_(?:read|write)|__up_(?:read|write|console_sem)|rwsem_\\w+|__rwsem\\w*|call_rwsem\\w*|percpu_(?:down|up)_\\w+|__percpu_(?:down|up)\\w*|rt_(?:mutex|spin|read|write)_\\w+|__rt_mutex\\w*|rtlock_\\w+|osq_\\w+|bit_spin_\\w+|lock_sock_nested|arch_spin_\\w+|atomic_(?!open)\\w+|arch_atomic\\w*|arch_local\\w*|local_(?:irq|bh)_\\w+|__local_bh_\\w+|__rtnl_unlock',
      'lock_(?:acquire|release|is_held|downgrade|set_class|pin|unpin|acquired|contended|repin)\\w*|__lock_(?:acquire|release|is_held|acquired|contended|set_class|downgrade|pin)\\w*|reacquire_held_locks|find_held_lock|print_\\w*(?:bug|lock|deadlock|usage|unlock|circular|irq|wait_context|collision|chain)\\w*|check_(?:\\w*(?:deadlock|noncircular|usage|path|irq_usage|prevs?_add|wait_context|prev_add_irq|flags|chain_key|irq))\\w*|validate_chain|__bfs\\w*|mark_(?:lock|held|usage|all)\\w*|valid_state|usage_\\w+|lockdep_\\w+|register_lock_class|look_up_lock_class|assign_lock_key|lockstat\\w*|trace_(?:hardirqs|preempt)\\w*|lookup_chain\\w*|add_chain\\w*|hlock_class|ct_(?:irq|nmi)_\\w+',
      'preempt_(?:count_(?:add|sub)|schedule\\w*|latency_\\w+)|___preempt_schedule\\w*|raw_irqentry_\\w+|dynamic_preempt_\\w+|task_blocks_on_rt_mutex|_{0,2}lock_sock|lock_sock_fast\\w*|_{0,2}release_sock|folio_unlock|unlock_page|__percpu_rwsem_\\w+|lockref_\\w+|read_seqbegin|read_seqretry',
    ],
  },
  {
    reason: 'allocates or frees memory for its caller',
    names: [
      'kfree\\w*|__kfree(?:_rcu)?|kv?z?free\\w*|kmem_cache_\\w+|__kmem_cache_\\w+|do_kmem_cache\\w*|_{0,3}slab_\\w+|____slab\\w*|___slab\\w*|slab_\\w+|set_freepointer|get_freepointer\\w*|freelist_\\w+|do_slab_free|_{0,3}cache_(?:free|alloc|flusharray|grow|reap|destroy)\\w*|kmalloc\\w*|_{0,2}do_kmalloc\\w*|__kmalloc\\w*|kzalloc\\w*|kcalloc\\w*|_{0,2}krealloc\\w*|kv?m?alloc\\w*|kvmalloc\\w*|__kvmalloc\\w*|kmemdup\\w*|kstrn?dup\\w*|kvasprintf\\w*|kasprintf|memdup_\\w+|vmemdup\\w*|strndup_user|allocate_slab|new_slab\\w*|alloc_slab_page|shrink_slab|unfreeze_partials|put_cpu_partial|deactivate_slab|flush_(?:all|cpu_slab)\\w*|qlist_\\w+|qlink_\\w+|quarantine_\\w+|shutdown_cache|free_partial\\w*|discard_slab|__free_slab|rcu_free_slab|kobject_cleanup_cache|sheaf_\\w+|__pcs_\\w+|memcg_\\w*alloc\\w*|mempool_alloc\\w*|build_detached_freelist|setup_object\\w*',
      '_{0,2}vmalloc\\w*|vzalloc\\w*|vfree\\w*|__vfree\\w*|__vunmap|vunmap\\w*|_{0,2}alloc_(?:pages|frozen_pages|page|pages_\\w+)\\w*|alloc_(?:page|pages|frozen)\\w*|get_page_from_freelist|get_(?:zeroed_page|free_pages?)\\w*|__get_free_pages?|warn_alloc|prep_new_page|post_alloc_hook|rmqueue\\w*|__rmqueue\\w*|free_(?:pages?|unref_\\w+|frozen_pages|large_kmalloc|pcp\\w*|hot_cold\\w*|contig\\w*|one_page|pages_\\w+|page_\\w+)|__free_(?:pages?|page\\w*|frozen\\w*|one_page)|free_unref_\\w+|page_frag_(?:alloc|free)\\w*|(?:__)?fs_reclaim_\\w+|__need_(?:fs_)?reclaim|__(?:alloc_)?page_frag\\w*|_{0,2}(?:netdev|napi)_alloc_(?:skb|frag)\\w*|_{0,2}alloc_skb\\w*|_{0,2}build_skb\\w*|(?:x86_)?swiotlb_alloc\\w*|dma_generic_alloc\\w*|devm_k?\\w*alloc\\w*|devm_kfree|dma_alloc_\\w+|dma_free_\\w+|pcpu_\\w+|__alloc_percpu\\w*|free_percpu|krealloc\\w*|kfree_skbmem|radix_tree_node_\\w+|rcu_torture\\w*|call_rcu\\w*|__call_rcu\\w*|kfree_rcu\\w*|kvfree_\\w+',
      '_{2,3}kmalloc\\w*|(?:__)?(?:vma_alloc_|filemap_alloc_)?folio_alloc\\w*|vma_alloc_folio\\w*|vmap|vmap_\\w*range\\w*|alloc_vmap_area|(?:__)?get_vm_area\\w*|vm_area_alloc_pages|_{0,2}dmam?_(?:direct_|common_)?alloc\\w*|arm_(?:coherent_)?dma_alloc|intel_alloc_coherent|iommu_dma_alloc\\w*|xen_swiotlb_alloc_coherent|__alloc_from_(?:contiguous|pool|remap\\w*)|cma_alloc\\w*|alloc_contig_\\w+|\\w*swiotlb_(?:alloc|map|tbl_map)\\w*|page_pool_(?:dev_)?alloc\\w*|(?:skb|sk)_page_frag_refill|sock_alloc_send_p?skb|alloc_skb_with_frags|(?:free|drop)_slab|mempool_(?:free|kmalloc|kfree)\\w*|usb_alloc_\\w+',
      'dma_pool_(?:zalloc|alloc|free)|try_charge\\w*|mem_cgroup_(?:try_)?charge\\w*|_{0,2}mem_cgroup_charge|obj_cgroup_(?:un)?charge\\w*|_{0,2}memcg_slab_\\w+|page_counter_\\w+|bio_alloc_bioset|get_pfnblock_\\w+|sk_skb_reason_drop|__kfree_skb|consume_skb|napi_consume_skb|_{0,2}dev_kfree_skb\\w*|skb_release_\\w+|skb_free_\\w+|_?vm_unmap_aliases\\w*|_{0,2}purge_vmap\\w*|free_vmap_area\\w*|remove_vm_area|try_purge_vmap\\w*',
    ],
  },
  {
    reason: 'copies, compares or formats bytes for its caller',
    names: [
      '_{0,2}skb_(?:put|push|pull)(?:_data|_zero|_u8)?|(?:__)?(?:pi_)?mem(?:cpy|set|move|cmp|chr|cat|scan|dup|zero)\\w*|_{0,2}str(?:cmp|cpy|len|n?len|ncmp|ncpy|cat|lcat|lcpy|scpy|chr|rchr|nchr|str|nstr|sep|pbrk|spn|cspn|casecmp|ncasecmp|set|im|reverse)\\w*|sized_strscpy|bcmp|_{0,3}copy_\\w*(?:user(?!_highpage)|iter|nocache|generic|unrolled|string|mc)\\w*|copy_page|copy_page_\\w*regs|_copy_\\w+|__arch_copy\\w*|raw_copy_\\w+|rep_(?:movs|stos)\\w*|_{0,2}clear_(?:user|page)\\w*|clear_page\\w*|_{0,2}get_user\\w*|_{0,2}put_user\\w*|__get_kernel\\w*|copy_(?:from|to)_kernel_nofault\\w*|_{0,2}probe_kernel_\\w+|fault_in_\\w+|iov_iter_\\w+|simple_(?:read|write)_(?:from|to)_buffer|csum_partial\\w*|do_csum|crc\\w+|__crc\\w*|v?s?c?n?printf|vsc?nprintf|vprintk\\w*|_?printk\\w*|_?_?dev_printk\\w*|_dev_(?:emerg|alert|crit|err|warn|notice|info|printk)|dev_vprintk\\w*|seq_(?:v?printf|puts|putc|write|put_\\w+)|format_decode|string(?:_nocheck)?|pointer|number|hex_\\w+|print_hex_dump\\w*|sort\\w*|bsearch',
      'do_str\\w+_user|arm_copy_\\w+|csum_and_copy_\\w+|_?kstrto\\w+|simple_strto\\w+|v?sscanf|memparse|skip_spaces|strim|match_token|parse_args|memcpy_(?:from|to)io\\w*|_{0,2}memset_io|__iowrite\\d+_copy|__ioread\\d+_copy',
      'simple_copy_to_iter|copyin|copyout',
      '_{0,2}dma_(?:un)?map_(?:page|sg|single|resource|sgtable)\\w*|dma_direct_(?:un)?map_\\w+|dma_sync_\\w+|swiotlb_bounce',
    ],
  },
  {
    reason: 'keeps a list, tree, counter or bit for its caller',
    names: [
      '_{0,2}list_\\w+|hlist_\\w+|__hlist\\w*|llist_\\w+|plist_\\w+|klist_\\w+|rb_\\w+|__rb_\\w+|__rbtree\\w*|rhashtable_\\w+|__rhashtable\\w*|rht_\\w+|rhltable\\w*|refcount_\\w+|__refcount\\w*|kref_\\w+|percpu_(?:ref|counter)_\\w+|__percpu_counter\\w*|idr_\\w+|ida_\\w+|xa_\\w+|__xa_\\w+|xas_\\w+|radix_tree_\\w+|__radix_tree\\w*|find_(?:next|first|last)_\\w*bit\\w*|_find_\\w+bit\\w*|__bitmap_\\w+|bitmap_\\w+|(?:test|set|clear|change)_(?:and_\\w+_)?bit\\w*|mas_\\w+|mtree_\\w+|timerqueue_\\w+|instrument_\\w+|__(?:read|write)_once\\w*|read_pnet|raw_(?:atomic|cmpxchg)\\w*|cmpxchg\\w*|__sw_hweight\\w*|klist\\w*|rcu_(?:read_\\w+|lock_\\w+|is_watching|note\\w*|momentary\\w*|segcblist\\w*|cblist\\w*)|__rcu_read\\w*|srcu_\\w+|__srcu_read\\w*|rcu_nocb\\w*|rcu_all_qs|__cant_\\w+|notifier_call_chain|(?:raw|blocking|atomic|srcu)_notifier_call\\w*|_{0,2}raw_notifier\\w*',
      '_{0,2}(?:rd|wr)msr[lq]?(?:_(?:safe\\w*|on_cpus?))?|__(?:rd|wr)msr_\\w*on_cpu|(?:read|write)_msr\\w*|(?:native_|local_|paravirt_|running_)?s?(?:ched_)?clock_(?:cpu|local|noinstr|tick)|sched_clock|\\w*clocksource_(?:get_cycles|read\\w*)|kvm_clock_get_cycles|local_clock\\w*|cpu_clock|native_\\w+|pv_native_\\w+|paravirt_\\w+|__pv_\\w+|__raw_callee\\w*|kvm_(?:wait|guest_\\w+|clock_\\w+)|hv_\\w*(?:delay|wait)\\w*|delay_\\w+|__delay|_{0,2}udelay\\w*|__const_udelay|__timer_delay|rdtsc\\w*|ioread\\w*|iowrite\\w*|read[bwlq]|write[bwlq]|__raw_(?:read|write)[bwlq]|cpu_relax\\w*|mmio_\\w+',
      'rcuref_\\w+|cpumask_\\w+|hweight\\w*|__sw_hweight\\w*|arch_test_and_\\w+|_{0,2}(?:set|clear|change)_bit|interval_tree_\\w+|_{0,2}kfifo_\\w+|generic_exec_single|(?:arch_tlbbatch_|native_|hyperv_|xen_)?flush_tlb_\\w+|arch_tlbbatch_flush|kobject_\\w+|kset_\\w+|klist_\\w+|put_device|get_device|sysfs_(?:create|remove)_\\w+|kernfs_(?:add|create|new|remove)\\w*|device_(?:add|del|unregister|destroy|create\\w*|register|remove_file|for_each_child)|proc_(?:register|create\\w*|mkdir\\w*)',
      'add_uevent_var|cleanup_uevent_env|call_netdevice_notifiers\\w*|(?:bus|class|driver)_for_each_\\w+',
      'ref_tracker_\\w+|(?:drop|inc|clear|set)_nlink',
    ],
  },
  {
    reason: 'reports a damaged file system for its caller',
    modules: 'xfs|ext[234]|jbd2?|btrfs|f2fs|gfs2|ocfs2|v?fat|jfs|nilfs2|reiserfs',
    names: [
      '(?:_?btrfs|f2fs|xfs)_printk\\w*|xfs_(?:error_report|corruption_error|stack_trace|(?:do_)?force_shutdown|\\w*verifier_error)|ass(?:fail|warn)|_{0,2}ext[234]_(?:error\\w*|std_error|abort\\w*|handle_error|grp_locked_error|journal_abort_handle)|_{0,2}jbd2?_journal_abort\\w*|_{0,2}btrfs_(?:abort_transaction|handle_fs_error|std_error|panic)|f2fs_(?:stop_checkpoint|handle_(?:\\w+_)?error\\w*)|gfs2_(?:withdraw|lm_withdraw|\\w*(?:consist|assert)\\w*_i|meta\\w*_check_ii?|io_error\\w*_i)|signal_our_withdraw|__ocfs2_(?:error|abort)|ocfs2_handle_error|__fat_fs_error|jfs_error|__nilfs_error|__?reiserfs_(?:error|panic|abort)',
    ],
  },
  {
    reason:
      'waits, allocates or prints for its caller, in the compatibility layers that some modules bring along',
    modules: 'spl|zfs|libcfs|obdclass|solaris|zcommon',
    names: [
      '_{0,2}cv_(?:timed)?wait\\w*|__cv_\\w+|spl_(?:panic|dumpstack|assert|kmem_\\w+|kvm\\w*|cache_\\w+|slab_\\w+|vmem_\\w+|mutex_\\w+|rwlock_\\w+)|v?cmn_err|vpanic|taskq_(?:wait\\w*|thread|cancel\\w*|dispatch\\w*)|thread_generic_wrapper|libcfs_(?:debug_\\w+|assertion_\\w+)|lbug_with_loc|libcfs_next_\\w+|zmutex_\\w+|rrw_enter\\w*',
    ],
  },
  {
    reason: 'checks, submits or waits for a request of the driver that called it',
    modules: 'usbcore',
    names: [
      'usb_(?:(?:kill|poison|submit|unlink|free|hcd_submit|hcd_unlink)_\\w*urb\\w*|(?:control|bulk|interrupt)_msg\\w*|start_wait_urb)',
    ],
  },
  {
    reason: 'is a function of the kernel’s headers that the compiler did not put into its caller',
    modules: '.*',
    names: [
      '_{0,2}h?list_(?:add|del|move|replace|splice|empty)(?:_\\w+)?|k[mzc]alloc\\w*|kvm?[mz]?alloc\\w*|_{0,2}copy_(?:from|to)_user|_?(?:spin|read|write)_(?:lock|unlock|trylock)\\w*|_{0,2}raw_spin_\\w+|(?:raw_|arch_)?atomic(?:64)?_(?:inc|dec|add|sub|read|set|cmpxchg|xchg|fetch)\\w*|_{0,2}refcount_\\w+|kref_(?:get|put|init)\\w*|skb_(?:put|push|pull)\\w*|get_current|(?:set|clear|test)_bit|_{0,2}(?:set|clear|test)_(?:and_\\w+_)?bit|(?:strn?|mem)(?:cpy|cmp|set|len|move)|io(?:read|write)\\d+|(?:read|write)[bwlq](?:_relaxed)?|schedule_work|queue_work|instrument_\\w+|dma_(?:alloc|map|unmap|free)_\\w+|usb_fill_\\w+|kcov_\\w+|kasan_\\w+|__kasan_\\w+',
    ],
  },
];

/** A name of these, whatever the compiler put behind it. */
function named(patterns: readonly string[]): RegExp {
  return new RegExp(
    `^(?:${patterns.join('|')})(?:_noprof)?(?:\\.(?:isra|constprop|part|cold|llvm)\\b.*|\\.\\d+)*$`,
  );
}

const ofKernel = named(
  machinery.filter(({ modules }) => modules === undefined).flatMap(({ names }) => names),
);
const ofModules = machinery.flatMap(({ names, modules }) =>
  modules === undefined ? [] : [{ modules: new RegExp(`^(?:${modules})$`), names: named(names) }],
);
/** The same functions in a kernel that those modules are built into. */
const builtIn = named(
  machinery.flatMap(({ names, modules }) =>
    modules === undefined || modules === '.*' ? [] : names,
  ),
);

/** Whether a function only carries out, checks or reports what another one asked for. */
export function isMachinery(frame: Pick<CodePlace, 'function' | 'module'>): boolean {
  const { function: name, module } = frame;
  if (module === undefined) return ofKernel.test(name) || builtIn.test(name);
  return ofModules.some((each) => each.modules.test(module) && each.names.test(name));
}
