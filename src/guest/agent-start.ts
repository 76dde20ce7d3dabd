import { agentPortName } from './agent-program.ts';

const programFile = '/run/utopia-agent.pl';
const logFile = '/run/utopia-agent.log';
const pidFile = '/run/utopia-agent.pid';

/** What the agent has in the guest's file system, which is its memory; `finish` takes them away. */
export const agentFiles: readonly string[] = [programFile, logFile, pidFile];

/** Shell text that starts the agent it reads from stdin, and says why it cannot. Does not wait until it holds its port. */
export function startAgentScript(): string {
  const port = `/dev/virtio-ports/${agentPortName}`;
  return [
    'command -v perl >/dev/null || { echo "the guest has no perl"; exit 1; }',
    // A driver that is built in is no module; its port is there since the boot.
    `[ -e ${port} ] || modprobe -q virtio_console || { echo "the guest has no virtio_console"; exit 1; }`,
    `for try in $(seq 60); do [ -e ${port} ] && break; sleep 0.5; done`,
    `[ -e ${port} ] || { echo "the guest has no ${port}"; exit 1; }`,
    `cat >${programFile}`,
    'cd /root',
    `setsid perl ${programFile} ${port} </dev/null >${logFile} 2>&1 &`,
    `echo $! >${pidFile}`,
  ].join('\n');
}

/** The same, and returns when it holds its port. */
export function installAgentScript(): string {
  const check = `kill -0 $! || { cat ${logFile}; exit 1; }`;
  return ['exec 2>&1', startAgentScript(), 'sleep 1', check].join('\n');
}

/** Shell text that ends an agent which nobody talks to any more, and takes its files away; without one it runs no program. */
export const endAgentScript = `
if [ -e ${pidFile} ]; then
  read -r agent < ${pidFile}
  grep -qs ${programFile} "/proc/$agent/cmdline" && kill -KILL "$agent"
  rm -f ${agentFiles.join(' ')}
fi
`.trim();
