import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** An X2Go client that runs, and with it the session that it asked for. */
export interface X2GoClient extends AsyncDisposable {
  /** Throws with the client's words when it has ended: there is nothing to wait for then. */
  mustRun(): void;
}

/** Where an X2Go client shows what, and whom it asks. */
export interface X2GoSession {
  /** Port of SSH at 127.0.0.1. */
  readonly port: number;
  readonly command: string;
  /** The X display on which the session's window is opened. */
  readonly display: string;
  /** The client's home, where it keeps host keys and logs. */
  readonly home: string;
}

/** pyhoca-cli gives a login 30 s, and each command in the guest 20: too few for a guest that is busy. */
const gaveUp = /error: authentication failed|timed out/;
const mostStarts = 10;
const keptCharacters = 20_000;

/**
 * Starts a session of the guest's `user`, by its password, with pyhoca-cli. A client for which
 * the guest was too slow is started again. The end takes nxproxy along.
 */
export function startX2Go(session: X2GoSession): X2GoClient {
  let client: ChildProcess | undefined;
  let said = '';
  let over = false;
  const closing = new AbortController();

  async function run(): Promise<void> {
    for (let starts = 0; starts < mostStarts && !closing.signal.aborted; starts += 1) {
      said = '';
      client = spawnClient(session, (text) => (said = (said + text).slice(-keptCharacters)));
      await once(client, 'close');
      if (!gaveUp.test(said)) break;
    }
  }

  const kill = (): void => {
    if (client?.pid === undefined || over) return;
    try {
      process.kill(-client.pid, 'SIGKILL');
    } catch {
      // The last of them is gone.
    }
  };
  process.once('exit', kill);
  const ended = run()
    .catch((error: unknown) => (said += String(error)))
    .finally(() => (over = true));
  return {
    mustRun: () => {
      if (over) throw new Error(`the X2Go client ended:\n${said}`);
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      process.off('exit', kill);
      kill();
      await ended;
    },
  };
}

function spawnClient(
  { port, command, display, home }: X2GoSession,
  hear: (text: string) => void,
): ChildProcess {
  const client = spawn(
    'pyhoca-cli',
    [
      ...['-N', '--server', '127.0.0.1', '-p', String(port), '--add-to-known-hosts'],
      ...['-u', 'user', '--password', 'user', '--auth-attempts', '1', '--sound', 'none'],
      // Over a slow link it doubles its limit of 20 s.
      ...['-t', 'desktop', '-c', command, '-q', 'isdn', '--libdebug'],
    ],
    {
      // A process group of its own: nxproxy outlives a client that is killed.
      ...{ stdio: ['ignore', 'pipe', 'pipe'], detached: true },
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', HOME: home, DISPLAY: display },
    },
  );
  for (const stream of [client.stdout, client.stderr]) {
    stream?.setEncoding('utf8').on('data', hear);
  }
  return client;
}
