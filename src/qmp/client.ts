import { connect } from 'node:net';
import { QmpConnectionError, QmpError } from './qmp-errors.ts';
import { formatCommand, parseMessage, type QmpEvent, type QmpGreeting } from './protocol.ts';
import { watchSocket } from './socket.ts';

/** Longest wait for the greeting: a free socket greets within milliseconds. */
const defaultGreetingTimeoutMs = 2_000;
/** Longest wait for an answer: QEMU's main loop can be held up by a slow disk for seconds. */
const defaultCommandTimeoutMs = 30_000;

/** A conversation with one running QEMU. It holds the socket: nobody else is served meanwhile. */
export interface QmpClient {
  readonly greeting: QmpGreeting;
  /** `7.2.22`. */
  readonly version: string;
  /**
   * Runs a command and gives its `return`. Rejects with a QmpError when QEMU
   * refuses it, with a QmpConnectionError when the connection ends or no answer
   * comes within `timeoutMs` (default 30 s).
   */
  execute<Result = unknown>(
    name: string,
    args?: Readonly<Record<string, unknown>>,
    options?: { readonly timeoutMs?: number },
  ): Promise<Result>;
  /** Hears every event from now on (the first listener also those since the greeting). Gives the unsubscriber. */
  onEvent(listener: (event: QmpEvent) => void): () => void;
  /** Resolves when the connection has ended, whoever ended it; never rejects. */
  readonly closed: Promise<void>;
  /** Ends the connection; commands under way are rejected. */
  close(): void;
}

export interface ConnectOptions {
  /** Ends the attempt, and later the connection; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** For the connection and the greeting together; default 2 s. */
  readonly timeoutMs?: number | undefined;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly name: string;
  readonly timer: NodeJS.Timeout;
}

/**
 * Connects to QEMU's QMP socket (`-qmp unix:PATH,server=on,wait=off`), waits for
 * the greeting and leaves negotiation mode. Throws a QmpConnectionError.
 */
export async function connectQmp(
  socketPath: string,
  options: ConnectOptions = {},
): Promise<QmpClient> {
  const { signal, timeoutMs = defaultGreetingTimeoutMs } = options;
  signal?.throwIfAborted();
  const socket = connect(socketPath);
  const pending = new Map<string, Pending>();
  const listeners = new Set<(event: QmpEvent) => void>();
  const greeted = defer<QmpGreeting>();
  const ended = defer<void>();
  // Until somebody listens, events wait: one may arrive together with the greeting.
  let early: QmpEvent[] | undefined = [];
  let nextId = 1;
  let failure: Error | undefined;

  function end(error: Error): void {
    failure ??= error;
    socket.destroy();
    greeted.reject(failure);
    for (const command of pending.values()) {
      clearTimeout(command.timer);
      command.reject(failure);
    }
    pending.clear();
  }

  function receive(line: string): void {
    const message = parseMessage(line);
    switch (message.kind) {
      case 'greeting':
        greeted.resolve(message.greeting);
        break;
      case 'event':
        early?.push(message.event);
        for (const listener of listeners) listener(message.event);
        break;
      case 'return':
        take(message.id)?.resolve(message.value);
        break;
      case 'error': {
        const command = take(message.id);
        command?.reject(new QmpError(command.name, message.errorClass, message.description));
        break;
      }
      case 'unknown':
        end(new QmpConnectionError('foreign', `${socketPath} does not speak QMP.`));
        break;
    }
  }

  function take(id: unknown): Pending | undefined {
    const command = typeof id === 'string' ? pending.get(id) : undefined;
    if (command !== undefined) {
      pending.delete(String(id));
      clearTimeout(command.timer);
    }
    return command;
  }

  const execute: QmpClient['execute'] = (name, args, { timeoutMs: limitMs } = {}) => {
    if (failure !== undefined) return Promise.reject(failure);
    return new Promise((resolve, reject) => {
      const id = String(nextId++);
      const waitMs = limitMs ?? defaultCommandTimeoutMs;
      const timer = setTimeout(() => {
        pending.delete(id);
        reject(new QmpConnectionError('silent', `QEMU did not answer ${name} in ${waitMs} ms.`));
      }, waitMs);
      pending.set(id, { resolve: resolve as (value: unknown) => void, reject, name, timer });
      socket.write(formatCommand(name, args, id));
    });
  };

  const stop = watchSocket(socket, socketPath, {
    receive,
    end,
    closed: () => {
      stop();
      ended.resolve();
    },
    signal,
  });
  const timer = setTimeout(() => end(ungreeted(socketPath, socket.connecting)), timeoutMs);
  try {
    const greeting = await greeted.promise;
    await execute('qmp_capabilities', undefined, { timeoutMs });
    return {
      greeting,
      version: formatVersion(greeting),
      execute,
      onEvent: (listener) => {
        listeners.add(listener);
        for (const event of early ?? []) listener(event);
        early = undefined;
        return () => listeners.delete(listener);
      },
      closed: ended.promise,
      close: () => end(new QmpConnectionError('lost', 'The connection to QEMU was closed.')),
    };
  } finally {
    clearTimeout(timer);
  }
}

interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}

/** A promise that is settled from outside (Promise.withResolvers is not in Node 20). */
function defer<Value>(): Deferred<Value> {
  let resolve!: Deferred<Value>['resolve'];
  let reject!: Deferred<Value>['reject'];
  const promise = new Promise<Value>((whenDone, whenFailed) => {
    resolve = whenDone;
    reject = whenFailed;
  });
  return { promise, resolve, reject };
}

function ungreeted(socketPath: string, connecting: boolean): QmpConnectionError {
  return new QmpConnectionError(
    'busy',
    connecting
      ? `${socketPath} does not take connections.`
      : `QEMU does not greet on ${socketPath}: another program holds its only connection, or QEMU hangs.`,
    { hint: 'Is another utopia, or a monitor of yours, attached to this machine?' },
  );
}

function formatVersion(greeting: QmpGreeting): string {
  const { major, minor, micro } = greeting.QMP.version.qemu;
  return `${major}.${minor}.${micro}`;
}
