/** What each source begins with, below its first comment, and ends with. */
export const sourceHead = `#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
`;
export const sourceEnd = `
MODULE_DESCRIPTION("NAME");
MODULE_LICENSE("GPL");
`;
