import { sourceEnd, sourceHead } from './source-frame.ts';
import type { SkeletonSource } from './skeleton-source.ts';

/** One message that is written and read: what the devices with a node have in common. */
const message = `static char message[256];
static size_t length;
static DEFINE_MUTEX(lock);

static ssize_t NAME_read(struct file *file, char __user *to, size_t count, loff_t *at)
{
	ssize_t done;

	if (mutex_lock_interruptible(&lock))
		return -ERESTARTSYS;
	done = simple_read_from_buffer(to, count, at, message, length);
	mutex_unlock(&lock);
	return done;
}

static ssize_t NAME_write(struct file *file, const char __user *from, size_t count, loff_t *at)
{
	ssize_t done;

	if (mutex_lock_interruptible(&lock))
		return -ERESTARTSYS;
	done = simple_write_to_buffer(message, sizeof(message), at, from, count);
	if (done > 0)
		length = *at;
	else if (!done && count)
		done = -ENOSPC; /* after a 0 the writer would try again, without end */
	mutex_unlock(&lock);
	return done;
}

static const struct file_operations NAME_fops = {
	.owner = THIS_MODULE,
	.read = NAME_read,
	.write = NAME_write,
	.llseek = default_llseek,
};
`;

const messageTest = `# Run by: utopia module test
set -e
echo hello >/dev/NAME
test "$(cat /dev/NAME)" = hello
`;

/** Drivers of a device with a node: by a number of its own, and of the misc class. */
export const nodeSources: Readonly<Record<'char' | 'misc', SkeletonSource>> = {
  char: {
    code: `// SPDX-License-Identifier: GPL-2.0
// NAME: /dev/NAME keeps what was written to it last.
${sourceHead}
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/version.h>

static dev_t number;
static struct cdev NAME_cdev;
static struct class *NAME_class;

${message}
static int __init NAME_init(void)
{
	struct device *device;
	int error;

	error = alloc_chrdev_region(&number, 0, 1, "NAME");
	if (error)
		return error;
	cdev_init(&NAME_cdev, &NAME_fops);
	NAME_cdev.owner = THIS_MODULE;
	error = cdev_add(&NAME_cdev, number, 1);
	if (error)
		goto free_number;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
	NAME_class = class_create(THIS_MODULE, "NAME");
#else
	NAME_class = class_create("NAME");
#endif
	if (IS_ERR(NAME_class)) {
		error = PTR_ERR(NAME_class);
		goto free_cdev;
	}
	device = device_create(NAME_class, NULL, number, NULL, "NAME");
	if (IS_ERR(device)) {
		error = PTR_ERR(device);
		goto free_class;
	}
	return 0;

free_class:
	class_destroy(NAME_class);
free_cdev:
	cdev_del(&NAME_cdev);
free_number:
	unregister_chrdev_region(number, 1);
	return error;
}
module_init(NAME_init);

static void __exit NAME_exit(void)
{
	device_destroy(NAME_class, number);
	class_destroy(NAME_class);
	cdev_del(&NAME_cdev);
	unregister_chrdev_region(number, 1);
}
module_exit(NAME_exit);
${sourceEnd}`,
    test: messageTest,
  },
  misc: {
    code: `// SPDX-License-Identifier: GPL-2.0
// NAME: /dev/NAME keeps what was written to it last.
${sourceHead}
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>

${message}
static struct miscdevice NAME_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "NAME",
	.fops = &NAME_fops,
};
module_misc_device(NAME_device);
${sourceEnd}`,
    test: messageTest,
  },
};
