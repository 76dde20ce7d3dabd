import type { SkeletonSource } from './types.ts';

const head = `#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
`;
const end = `
MODULE_DESCRIPTION("NAME");
MODULE_LICENSE("GPL");
`;

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

/** Drivers: of a character device, a small one of the misc class, a platform device, a line discipline. */
export const driverSources: Readonly<
  Record<'char' | 'misc' | 'platform' | 'ldisc', SkeletonSource>
> = {
  char: {
    code: `// SPDX-License-Identifier: GPL-2.0
// NAME: /dev/NAME keeps what was written to it last.
${head}
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
${end}`,
    test: messageTest,
  },
  misc: {
    code: `// SPDX-License-Identifier: GPL-2.0
// NAME: /dev/NAME keeps what was written to it last.
${head}
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
${end}`,
    test: messageTest,
  },
  platform: {
    code: `// SPDX-License-Identifier: GPL-2.0
// NAME: a platform driver, with a device of its own to drive.
${head}
#include <linux/device.h>
#include <linux/module.h>
#include <linux/platform_device.h>

struct NAME_state {
	unsigned int shown;
};

static ssize_t shown_show(struct device *device, struct device_attribute *attribute, char *to)
{
	struct NAME_state *state = dev_get_drvdata(device);

	return sysfs_emit(to, "%u\\n", ++state->shown);
}
static DEVICE_ATTR_RO(shown);

static struct attribute *NAME_attrs[] = {
	&dev_attr_shown.attr,
	NULL,
};
ATTRIBUTE_GROUPS(NAME);

/* What devm_ has given goes with the device: there is nothing to remove. */
static int NAME_probe(struct platform_device *device)
{
	struct NAME_state *state;

	state = devm_kzalloc(&device->dev, sizeof(*state), GFP_KERNEL);
	if (!state)
		return -ENOMEM;
	platform_set_drvdata(device, state);
	dev_info(&device->dev, "found\\n");
	return 0;
}

static struct platform_driver NAME_driver = {
	.probe = NAME_probe,
	.driver = {
		.name = "NAME",
		.dev_groups = NAME_groups,
	},
};

static struct platform_device *NAME_device;

static int __init NAME_init(void)
{
	int error = platform_driver_register(&NAME_driver);

	if (error)
		return error;
	NAME_device = platform_device_register_simple("NAME", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(NAME_device)) {
		platform_driver_unregister(&NAME_driver);
		return PTR_ERR(NAME_device);
	}
	return 0;
}
module_init(NAME_init);

static void __exit NAME_exit(void)
{
	platform_device_unregister(NAME_device);
	platform_driver_unregister(&NAME_driver);
}
module_exit(NAME_exit);
${end}`,
    test: `# Run by: utopia module test
set -e
test "$(cat /sys/devices/platform/NAME/shown)" = 1
test "$(cat /sys/devices/platform/NAME/shown)" = 2
`,
  },
  ldisc: {
    code: `// SPDX-License-Identifier: GPL-2.0
// NAME: a line discipline that counts the bytes that a serial line receives.
${head}
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/tty.h>
#include <linux/tty_ldisc.h>
#include <linux/version.h>

/* One that nobody uses (include/uapi/linux/tty.h); ldattach takes the number. */
static int number = 28;
module_param(number, int, 0444);
MODULE_PARM_DESC(number, "number of the line discipline");

static atomic_t received = ATOMIC_INIT(0);

static int received_get(char *to, const struct kernel_param *unused)
{
	return sysfs_emit(to, "%d\\n", atomic_read(&received));
}

static const struct kernel_param_ops received_ops = {
	.get = received_get,
};
module_param_cb(received, &received_ops, NULL, 0444);
MODULE_PARM_DESC(received, "bytes that came");

static int NAME_open(struct tty_struct *tty)
{
	tty->receive_room = 65536;
	return 0;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
static void NAME_receive(struct tty_struct *tty, const unsigned char *bytes, const char *flags,
			 int count)
#else
static void NAME_receive(struct tty_struct *tty, const u8 *bytes, const u8 *flags, size_t count)
#endif
{
	atomic_add(count, &received);
}

static struct tty_ldisc_ops NAME_ops = {
	.owner = THIS_MODULE,
	.name = "NAME",
	.open = NAME_open,
	.receive_buf = NAME_receive,
};

static int __init NAME_init(void)
{
	NAME_ops.num = number;
	return tty_register_ldisc(&NAME_ops);
}
module_init(NAME_init);

static void __exit NAME_exit(void)
{
	tty_unregister_ldisc(&NAME_ops);
}
module_exit(NAME_exit);
${end}`,
    test: `# Run by: utopia module test
set -e
grep -q '^NAME ' /proc/tty/ldiscs
test "$(cat /sys/module/NAME/parameters/received)" = 0
`,
  },
};
