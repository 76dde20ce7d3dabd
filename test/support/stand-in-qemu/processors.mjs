// What QEMU's `info registers -a` says of a guest of two processors, as measured with QEMU 7.2:
// only the lines that tell whether a processor lives.

const inProgram = { flags: 0x206, level: 3, halted: 0, stack: '00007ffd63dd1550' };
/** Linux' idle loop: halted, with interrupts on. */
const idle = { flags: 0x246, level: 0, halted: 1, stack: 'ffffffff82a03e98' };
const stopped = { flags: 0x93, level: 0, halted: 1, stack: 'ffffc900000d0fc0' };
const looping = { flags: 0x283, level: 0, halted: 0, stack: 'ffffc90000457a58' };

const states = {
  idle: [idle, idle],
  busy: [inProgram, idle],
  halted: [stopped, stopped],
  panicked: [stopped, looping],
  'locked-up': [idle, looping],
};

export function registersOf(state) {
  return states[state]
    .map(
      ({ flags, level, halted, stack }, index) =>
        `\r\nCPU#${index}\r\nRSI=0000000000000000 RDI=0000000000000000 RBP=0000000000000000 RSP=${stack}\r\n` +
        `RIP=ffffffff8103fc9b RFL=${flags.toString(16).padStart(8, '0')} [--S-A-C] CPL=${level} II=0 A20=1 SMM=0 HLT=${halted}\r\n` +
        'CR0=80050033 CR2=00007f823125d6ad CR3=0000000008d58000 CR4=000006f0\r\n',
    )
    .join('');
}

let timer;

/** Uses this process's processor as a guest that loops does QEMU's, and still answers. */
export function occupyProcessor(on) {
  clearInterval(timer);
  if (!on) return;
  timer = setInterval(() => {
    const until = performance.now() + 25;
    while (performance.now() < until);
  }, 30);
}
