import { sourceEnd, sourceHead } from './source-frame.ts';
import type { SkeletonSource } from './skeleton-source.ts';

/** Drivers that the kernel brings together with their device: of a platform device, of a line discipline. */
export const busSources: Readonly<Record<'platform' | 'ldisc', SkeletonSource>> = {
  platform: {
    code: `// SPDX-License-Identifier: GPL-2.0
// NAME: a platform driver, with a device of its own to drive.
${sourceHead}
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
${sourceEnd}`,
    test: `# Run by: utopia module test
set -e
test "$(cat /sys/devices/platform/NAME/shown)" = 1
test "$(cat /sys/devices/platform/NAME/shown)" = 2
`,
  },
  ldisc: {
    code: `// SPDX-License-Identifier: GPL-2.0
// NAME: a line discipline that counts the bytes that a serial line receives.
${sourceHead}
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
${sourceEnd}`,
    test: `# Run by: utopia module test
set -e
grep -q '^NAME ' /proc/tty/ldiscs
test "$(cat /sys/module/NAME/parameters/received)" = 0
`,
  },
};
