import { start, type CrashStart } from './report-start-rule.ts';

/**
 * What subsystems complain about before a bare trace (dump_stack()), with neither `BUG:` nor
 * `WARNING:`: fs/xfs/xfs_error.c, fs/gfs2/util.c, fs/sysfs/dir.c, lib/kobject.c,
 * kernel/irq/manage.c, mm/slab_common.c, mm/page_poison.c, mm/percpu.c, mm/slab.c, kernel/smp.c,
 * arch/powerpc/kernel/irq.c. Without that trace they are no crash. Page tables (mm/pgtable-generic.c)
 * and softirqs (kernel/softirq.c) have the one line.
 */
export const checkStarts: readonly CrashStart[] = [
  start(
    'xfs',
    [
      ...['XFS: Internal error ', '): Internal error ', 'orruption of in-memory '],
      ...['etadata corruption detected at', 'etadata CRC error detected at'],
    ],
    /^XFS(?: \([^)]{1,64}\))?: (?:Internal error |[Cc]orruption of in-memory |Metadata (?:corruption|CRC error) detected at )/,
    'warning',
    40,
    { needsBody: true },
  ),
  start(
    'gfs2',
    'about to withdraw',
    /^(?:GFS2|gfs2): fsid=\S{1,200}: about to withdraw/,
    'warning',
    40,
    { needsBody: true },
  ),
  // Up to 4.14 it stands in a warning, whose line names the place.
  start(
    'sysfs',
    'create duplicate filename',
    /^sysfs: cannot create duplicate filename /,
    'warning',
    14,
    { needsBody: true },
  ),
  start(
    'kobject',
    'tried to init an initialized object',
    /^kobject(?: \(\S{1,40}\))?: tried to init an initialized object/,
    'warning',
    40,
    { needsBody: true },
  ),
  start('irq-flags', 'Flags mismatch irq', /^genirq: Flags mismatch irq \d+\. /, 'warning', 40, {
    needsBody: true,
  }),
  start(
    'cache-create',
    'kmem_cache_create',
    /^(?:__)?kmem_cache_create\w*\(\S{1,100}\) (?:failed with error|integrity check failed)/,
    'warning',
    40,
    { needsBody: true },
  ),
  start(
    'pagealloc',
    'pagealloc: ',
    /^pagealloc: (?:memory corruption|single bit error)/,
    'memory-corruption',
    50,
    { needsBody: true },
  ),
  start(
    'percpu',
    ['ercpu: allocation failed', 'ERCPU: allocation failed'],
    /^per-?cpu: allocation failed, size=/i,
    'allocation-failure',
    40,
    { needsBody: true },
  ),
  start(
    'slab-free',
    ['slab error in ', 'double free detected in'],
    /^slab(?: error in \w+\(\): cache `[^']{1,60}': double free|: double free detected in cache )/,
    'double-free',
    50,
    { needsBody: true },
  ),
  start(
    'slab',
    'slab error in ',
    /^slab error in \w+\(\): cache `[^']{1,60}': /,
    'memory-corruption',
    50,
    { needsBody: true },
  ),
  start(
    'slab-corruption',
    'Slab corruption',
    /^Slab corruption(?: \((?:Not tainted|Tainted: [^)]{0,60})\))?: (?:\S{1,60} )?start=[\da-f]+, len=\d+/,
    'memory-corruption',
    50,
  ),
  start(
    'csd',
    'non-responsive CSD lock',
    /^(?:smp: )?csd: Detected non-responsive CSD lock \(#\d+\) on CPU#\d+/,
    'hard-lockup',
    50,
    { needsBody: true },
  ),
  start(
    'irq-stack',
    ['stack overflow: ', 'low stack detected by'],
    /^(?:do_IRQ(?:\(\))?: stack overflow: |low stack detected by irq handler)/,
    'stack-overflow',
    50,
    { needsBody: true },
  ),
  start(
    'page-table',
    [': bad pgd ', ': bad p4d ', ': bad pud ', ': bad pmd ', ': bad pte '],
    /^\S{1,200}\.[ch]:\d{1,6}: bad (?:pgd|p4d|pud|pmd|pte) [\da-f]{8,16}\b/,
    'bad-page',
    50,
    { alone: true },
  ),
  start(
    'softirq',
    'huh, entered softirq',
    /^(?:softirq: )?huh, entered softirq \d+ \S.{0,80} with preempt_count [\da-f]{8}, exited with [\da-f]{8}\?/,
    'bad-unlock',
    50,
    { alone: true },
  ),
];
