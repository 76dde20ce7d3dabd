import { sourceEnd } from './source-frame.ts';
import type { SkeletonSource } from './skeleton-source.ts';

/** A module alone, and one with a file in /proc. */
export const simpleSources: Readonly<Record<'hello' | 'proc', SkeletonSource>> = {
  hello: {
    code: `// SPDX-License-Identifier: GPL-2.0
// NAME: says hello when it comes and goes.
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>

static char *whom = "world";
module_param(whom, charp, 0444);
MODULE_PARM_DESC(whom, "who is greeted");

static int __init NAME_init(void)
{
	pr_info("hello, %s\\n", whom);
	return 0;
}
module_init(NAME_init);

static void __exit NAME_exit(void)
{
	pr_info("goodbye, %s\\n", whom);
}
module_exit(NAME_exit);
${sourceEnd}`,
    test: `# Run by: utopia module test
set -e
test "$(cat /sys/module/NAME/parameters/whom)" = world
dmesg | grep -q 'NAME: hello, world'
`,
  },
  proc: {
    code: `// SPDX-License-Identifier: GPL-2.0
// NAME: /proc/NAME counts how often it was opened.
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

static atomic_t opened = ATOMIC_INIT(0);

static int NAME_show(struct seq_file *file, void *unused)
{
	seq_printf(file, "%d\\n", atomic_read(&opened));
	return 0;
}

static int NAME_open(struct inode *inode, struct file *file)
{
	atomic_inc(&opened);
	return single_open(file, NAME_show, NULL);
}

static const struct proc_ops NAME_ops = {
	.proc_open = NAME_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static int __init NAME_init(void)
{
	return proc_create("NAME", 0444, NULL, &NAME_ops) ? 0 : -ENOMEM;
}
module_init(NAME_init);

static void __exit NAME_exit(void)
{
	remove_proc_entry("NAME", NULL);
}
module_exit(NAME_exit);
${sourceEnd}`,
    test: `# Run by: utopia module test
set -e
test "$(cat /proc/NAME)" = 1
test "$(cat /proc/NAME)" = 2
`,
  },
};
