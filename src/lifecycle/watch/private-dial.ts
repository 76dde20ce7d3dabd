import { connectAlone, type Dial, type Gate } from '../../guest/private-connection.ts';
import type { QmpClient } from '../../qmp/client.ts';
import { addForward, countAccepted, removeForward, sshForward } from '../../qmp/qmp-forwards.ts';
import { queryStatus, resume, stop } from '../../qmp/queries.ts';
import { reachMonitor } from '../launch/monitor.ts';

/** A machine that this process has started. */
export interface DialledMachine {
  /** Socket of the monitor for commands. */
  readonly qmpSocket: string;
  /** How its QEMU ended, if it has. */
  readonly exit: () => unknown;
}

/**
 * A way to the SSH of a machine whose QEMU listens on no port. Each call is a connection
 * of its own (see connectAlone), and holds the monitor meanwhile. Where it
 * rejects with `guest-exposed`, the guest stands still and has to be ended.
 */
export function privateDial({ qmpSocket, exit }: DialledMachine): Dial {
  return async (signal) => {
    const qmp = await reachMonitor(qmpSocket, exit, signal);
    try {
      return await connectAlone(gateOf(qmp), signal);
    } finally {
      qmp.close();
    }
  };
}

/** What a private connection needs of QEMU. */
function gateOf(qmp: QmpClient): Gate {
  return {
    freeze: async () => {
      const { running } = await queryStatus(qmp);
      // One that stands still because its disk is full would fail again.
      if (!running) return () => Promise.resolve();
      await stop(qmp);
      return async () => await resume(qmp);
    },
    open: async (address) => await addForward(qmp, sshForward(address)),
    close: async (address) => await removeForward(qmp, sshForward(address)),
    countAccepted: async (address) => await countAccepted(qmp, sshForward(address)),
  };
}
