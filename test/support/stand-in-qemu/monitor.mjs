// QMP as QEMU speaks it: each socket serves one client at a time; the next one
// is accepted and waits without a greeting.
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export function createMonitor({ version, greet, answer }) {
  const [major, minor, micro] = version.split('.').map(Number);
  const greeting = {
    QMP: { version: { qemu: { micro, minor, major }, package: 'stand-in' }, capabilities: ['oob'] },
  };
  const listening = new Set();

  function listen(path) {
    const waiting = [];
    let current;
    const serveNext = () => {
      current = waiting.shift();
      if (current !== undefined && greet) talk(current);
    };
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('close', () => {
        listening.delete(socket);
        if (waiting.includes(socket)) waiting.splice(waiting.indexOf(socket), 1);
        if (current === socket) serveNext();
      });
      waiting.push(socket);
      if (current === undefined) serveNext();
    });
    return new Promise((resolve, reject) => {
      server.once('error', (error) =>
        reject(new Error(`Failed to bind socket to ${path}: ${error.code}`)),
      );
      server.listen(path, resolve);
    });
  }

  function talk(socket) {
    send(socket, greeting);
    let rest = '';
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop();
      for (const line of lines) if (line.trim() !== '') void reply(socket, JSON.parse(line));
    });
  }

  async function reply(socket, { execute, arguments: args, id }) {
    if (execute === 'qmp_capabilities') listening.add(socket);
    const value = execute === 'qmp_capabilities' ? {} : await answer(execute, args ?? {});
    if (value === undefined) {
      const desc = `The command ${execute} has not been found`;
      send(socket, { error: { class: 'CommandNotFound', desc }, id });
    } else if (value !== null) send(socket, { return: value, id });
  }

  /** Tells every client that has left negotiation mode. */
  function emit(event, data) {
    const now = Date.now();
    const timestamp = { seconds: Math.floor(now / 1000), microseconds: (now % 1000) * 1000 };
    for (const socket of listening)
      send(socket, { timestamp, event, ...(data === undefined ? {} : { data }) });
  }

  /** Resolves when a client has left negotiation mode: nobody before it hears an event. */
  async function hasListener() {
    while (listening.size === 0) await sleep(5);
  }

  return { listen, emit, hasListener };
}

function send(socket, message) {
  if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\r\n`);
}
