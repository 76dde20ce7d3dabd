/** `qemu-system-x86_64: -mon …: warning: '-mon' is deprecated`, `qemu-img: warning: …`. */
const warning = /^(?:\S{0,200}: )?(?:-[^\n]{0,2000}: )?warning: /;

/**
 * What QEMU has said, line by line, without its warnings: of deprecated options, or processor features
 * that are not there. They are no reason for anything that failed. Pure.
 */
export function withoutWarnings(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '' && !warning.test(line));
}
