#!/usr/bin/env node
// A stand-in for qemu-system-x86_64: takes its arguments, speaks QMP, and plays a
// scenario instead of running a guest. README.md says how.
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readArguments } from './arguments.mjs';
import { bootStory } from './boot-story.mjs';
import { coreDump } from './memory.mjs';
import { createMonitor } from './monitor.mjs';
import { occupyProcessor, registersOf } from './processors.mjs';

/** Nothing survives a test that forgot it. */
setTimeout(() => process.exit(124), 60_000);

const scenario = {
  version: '7.2.22',
  devices: [
    'virtio-blk-pci',
    'virtio-net-pci',
    'virtio-9p-pci',
    'isa-serial',
    'isa-debugcon',
    'pvpanic',
    'pvpanic-pci',
    'virtio-rng-pci',
    'virtio-serial-pci',
    'virtserialport',
    'vmgenid',
    'VGA',
  ],
  netdevs: ['socket', 'user'],
  accelerators: ['tcg', 'kvm'],
  objects: ['memory-backend-memfd'],
  sandbox: true,
  ssh: 'silent',
  banner: 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10',
  greet: true,
  onPowerdown: 'shutdown',
  onQuit: 'exit',
  onTerminate: 'exit',
  powerdownMs: 50,
  steps: [{ boot: true }],
  ...readScenario(process.env['STAND_IN_SCENARIO']),
};
const argv = process.argv.slice(2);
const args = readArguments(argv);
const sshClients = new Set();
const consoleClients = new Set();
/** Forwards of TCP that were added while it runs: `127.0.0.1:8080` to its server. */
const forwards = new Map();
// Their connections go on when they are removed, and QEMU lists them all the same.
const accepted = [];
let sshMode = scenario.ssh;
let status = 'running';
let processors = 'idle';
let shutdownAction = 'poweroff';
let dump = 'none';

if (argv.includes('-sandbox') && !scenario.sandbox)
  fail(`-sandbox ${argv[argv.indexOf('-sandbox') + 1]}: There is no option group 'sandbox'`);
printList();
if (scenario.sector !== undefined && argv.some((word) => word.startsWith('isa-debug-exit')))
  process.exit(scenario.sector);
process.on('SIGTERM', () => endBySignal(15));
process.on('SIGINT', () => endBySignal(2));
process.on('SIGHUP', () => endBySignal(1));
if (scenario.dieAtOnce !== undefined) {
  process.stderr.write(scenario.dieAtOnce.stderr ?? '');
  await leave(scenario.dieAtOnce);
}
const monitor = createMonitor({ version: scenario.version, greet: scenario.greet, answer });
await sleep(scenario.openAfterMs ?? 0);
if (scenario.neverOpen !== true) await open();
await play(scenario.steps);

function readScenario(file) {
  return file === undefined ? {} : JSON.parse(readFileSync(file, 'utf8'));
}

/** `-version` and the `help` lists: QEMU prints them and ends. */
function printList() {
  const asks = (option) => argv.includes(option) && argv[argv.indexOf(option) + 1] === 'help';
  if (asks('-device')) print(scenario.devices.map((name) => `name "${name}", bus PCI`).join('\n'));
  if (asks('-netdev')) print(['Available netdev backend types:', ...scenario.netdevs].join('\n'));
  if (asks('-object')) print(['List of user creatable objects:', ...scenario.objects].join('\n  '));
  if (asks('-accel'))
    print(['Accelerators supported in QEMU binary:', ...scenario.accelerators].join('\n'));
  if (argv.includes('-version') || argv.includes('--version'))
    print(`QEMU emulator version ${scenario.version} (stand-in)`);
}

/** Prints an answer and ends, as QEMU does. */
function print(text) {
  writeFileSync(1, `${text}\n`);
  process.exit(0);
}

async function open() {
  if (args.forward !== undefined) {
    const { host, port, rule } = args.forward;
    if ((await addForward(host, String(port), `${host}:${port}`)) !== '')
      fail(`-netdev user,id=net0,hostfwd=${rule}: Could not set up host forwarding rule '${rule}'`);
  }
  if (args.vnc !== undefined && !(await listenTcp(args.vnc.host, args.vnc.port, () => {}))) {
    fail(`-vnc ${args.vnc.text}: Failed to find an available port: Address already in use`);
  }
  if (args.pidFile !== undefined) writeFileSync(args.pidFile, `${process.pid}\n`);
  for (const file of [args.consoleLog, args.firmwareLog])
    if (file !== undefined) appendFileSync(file, '');
  try {
    for (const path of args.qmpPaths) await monitor.listen(path);
    if (args.consoleSocket !== undefined) await serveConsole(args.consoleSocket);
    if (args.serialSocket !== undefined) await serveSerial(args.serialSocket);
  } catch (error) {
    fail(error.message);
  }
}

function serveSsh(socket) {
  if (sshMode === 'closed') socket.destroy();
  else if (sshMode === 'banner') socket.write(`${scenario.banner}\r\n`);
  else {
    sshClients.add(socket);
    socket.on('close', () => sshClients.delete(socket));
  }
}

function serveConsole(path) {
  const server = createServer((socket) => {
    consoleClients.add(socket);
    // A terminal's echo.
    socket.on('data', (typed) => say(typed.toString()));
    socket.on('error', () => {});
    socket.on('close', () => consoleClients.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Error(`Failed to bind socket to ${path}: ${error.code}`)),
    );
    server.listen(path, resolve);
  });
}

/** A guest that reads its second serial port all the time: what it gets is in FILE.bytes. */
function serveSerial(path) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => appendFileSync(`${path}.bytes`, bytes));
  });
  return new Promise((resolve) => server.listen(path, resolve));
}

function listenTcp(host, port, talk) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    talk(socket);
  });
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => resolve(true));
  });
}

async function play(steps) {
  for (const step of steps) {
    if (step.afterClient === true) await monitor.hasListener();
    if (step.whenTold === true) await toBeTold();
    await sleep(step.afterMs ?? 0);
    if (step.boot === true) await play(bootStory);
    if (step.firmware !== undefined && args.firmwareLog !== undefined)
      appendFileSync(args.firmwareLog, step.firmware);
    if (step.console !== undefined) say(step.console);
    if (step.stderr !== undefined) process.stderr.write(step.stderr);
    if (step.status !== undefined) status = step.status;
    if (step.processors !== undefined) turnProcessors(step.processors);
    if (step.event !== undefined) monitor.emit(step.event, step.data);
    if (step.ssh !== undefined) turnSsh(step.ssh);
    if (step.transcript !== undefined) await playTranscript(step.transcript);
    if (step.exit !== undefined || step.signal !== undefined)
      await leave({ code: step.exit, signal: step.signal });
  }
}

/** Until a test says so; the next start waits anew. */
async function toBeTold() {
  const file = `${process.env.STAND_IN_SCENARIO}.told`;
  while (!existsSync(file)) await sleep(20);
  rmSync(file);
}

function say(text) {
  if (args.consoleLog !== undefined) appendFileSync(args.consoleLog, text);
  for (const socket of consoleClients) socket.write(text);
}

function turnSsh(mode) {
  sshMode = mode;
  const clients = [...sshClients];
  sshClients.clear();
  for (const socket of clients) serveSsh(socket);
}

/** The events of fixtures/qmp/NAME.jsonl, fifty times as fast as they were recorded. */
async function playTranscript(name) {
  const path = join(import.meta.dirname ?? '.', '../../../fixtures/qmp', `${name}.jsonl`);
  let clock;
  for (const text of readFileSync(path, 'utf8').trim().split('\n')) {
    const { from, atMs, line, code } = JSON.parse(text);
    if (from === 'exit' && code !== null) await leave({ code });
    if (line?.event === undefined) continue;
    await sleep((atMs - (clock ?? atMs)) / 50);
    clock = atMs;
    if (line.event === 'STOP') status = name === 'disk-full' ? 'io-error' : 'paused';
    if (line.event === 'RESUME') status = 'running';
    monitor.emit(line.event, line.data);
  }
}

/** QEMU opens the file before it answers; it stops its guest, and then has it in the state that it was in. */
async function startDump({ protocol }) {
  const before = status;
  status = 'paused';
  monitor.emit('STOP');
  dump = 'active';
  const file = await openFile(protocol.replace(/^file:/, ''), 'w', 0o400);
  void finishDump(file, before);
  return {};
}

async function finishDump(file, before) {
  dump = await writeDump(file).then(
    () => 'completed',
    () => 'failed',
  );
  status = before;
  if (before === 'running') monitor.emit('RESUME');
}

async function writeDump(file) {
  const { notes = true, pieces = 1, betweenMs = 0 } = scenario.dump ?? {};
  const bytes = coreDump({ withNotes: notes });
  const cut = (index) => Math.floor((bytes.length * index) / pieces);
  try {
    for (let piece = 0; piece < pieces; piece += 1) {
      for (let at = cut(piece); at < cut(piece + 1);)
        at += (await file.write(bytes, at, cut(piece + 1) - at)).bytesWritten;
      await sleep(betweenMs);
    }
  } finally {
    await file.close();
  }
}

/** Value of `return`; undefined for an unknown command, null for no answer at all. */
function answer(command, given) {
  const disk = { device: 'disk0', 'io-status': status === 'io-error' ? 'nospace' : 'ok' };
  const stats = { rd_bytes: 4096, wr_bytes: 0, rd_operations: 1, wr_operations: 0 };
  if (scenario.deafTo?.includes(command)) return null;
  switch (command) {
    case 'query-status':
      return { status, singlestep: false, running: status === 'running' };
    case 'query-block':
      return [disk];
    case 'query-blockstats':
      return [{ device: 'disk0', stats }];
    case 'query-chardev': {
      const prefix = consoleClients.size === 0 ? 'disconnected:' : '';
      return [{ label: 'console0', filename: `${prefix}unix:${args.consoleSocket},server=on` }];
    }
    case 'send-key': {
      const text = scenario.keys?.[given.keys.map(({ data }) => data).join('-')];
      if (text !== undefined) say(text);
      return {};
    }
    case 'screendump':
      // Two pixels beside each other, red and blue.
      writeFileSync(given.filename, Buffer.from('P6\n2 1\n255\n\xff\0\0\0\0\xff', 'latin1'));
      return {};
    case 'dump-guest-memory':
      return startDump(given);
    case 'query-migrate':
      return scenario.blockers === undefined ? {} : { 'blocked-reasons': scenario.blockers };
    case 'query-dump':
      return { status: dump, completed: 0, total: 0 };
    case 'query-cpus-fast':
      return [0, 1].map((index) => ({ 'cpu-index': index, 'thread-id': process.pid }));
    case 'set-action':
      shutdownAction = given.shutdown ?? shutdownAction;
      return {};
    case 'human-monitor-command':
      // Without a scenario nobody reads them, and this user may not write here.
      if (process.env.STAND_IN_SCENARIO !== undefined)
        appendFileSync(`${process.env.STAND_IN_SCENARIO}.monitored`, `${given['command-line']}\n`);
      return scenario.monitor?.[given['command-line']] ?? obey(given['command-line']);
    case 'cont':
      status = 'running';
      monitor.emit('RESUME');
      return {};
    case 'stop':
      status = 'paused';
      monitor.emit('STOP');
      return {};
    case 'system_reset':
      void restart();
      monitor.emit('RESET', { guest: false, reason: 'host-qmp-system-reset' });
      return {};
    case 'system_powerdown':
      monitor.emit('POWERDOWN');
      // A guest that is paused hears nothing.
      if (scenario.onPowerdown === 'shutdown' && status === 'running') void shutDown();
      return {};
    case 'quit':
      if (scenario.onQuit === 'exit') void endByQuit();
      return {};
    default:
      return undefined;
  }
}

/** Forwards of the human monitor, in libslirp's words; everything else has no answer. */
function obey(line) {
  const [command, , rule = ''] = line.split(' ');
  const [, host = '', port = ''] = rule.split('-')[0].split(':');
  const name = `${host}:${port}`;
  if (command === 'hostfwd_add') return addForward(host, port, name);
  if (command === 'hostfwd_remove') {
    forwards.get(name)?.server.close();
    return forwards.delete(name)
      ? `host forwarding rule for ${rule} removed\r\n`
      : `invalid host forwarding rules ${rule}\r\n`;
  }
  if (line === 'info registers -a') return registersOf(processors);
  if (line !== 'info usernet') return '';
  const rows = accepted.flatMap((forward) =>
    [...forward.clients].map(
      () => `  TCP[ESTABLISHED]  13  ${forward.host} ${forward.port}  10.0.2.15  22  0  0`,
    ),
  );
  return rows.join('\r\n');
}

async function addForward(host, port, name) {
  const clients = new Set();
  const server = createServer((socket) => {
    clients.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => clients.delete(socket));
    serveSsh(socket);
  });
  const taken = await new Promise((resolve) => {
    server.once('error', () => resolve(true));
    server.listen(Number(port), host, () => resolve(false));
  });
  if (taken) return `Could not set up host forwarding rule\r\n`;
  forwards.set(name, { server });
  accepted.push({ clients, host, port });
  // Somebody who is as quick as we are.
  if (accepted.length >= (scenario.strangerFrom ?? Infinity)) clients.add('stranger');
  return '';
}

async function shutDown() {
  await sleep(scenario.powerdownMs);
  say('[   99.000000] reboot: Power down\r\n');
  monitor.emit('SHUTDOWN', { guest: true, reason: 'guest-shutdown' });
  if (shutdownAction === 'poweroff') await leave({ code: 0 });
  status = 'shutdown';
}

/** A reset: the firmware speaks, and the guest boots anew. */
async function restart() {
  if (status === 'shutdown') status = 'prelaunch';
  turnProcessors('idle');
  turnSsh('silent');
  await play(scenario.afterReset ?? [{ boot: true }]);
}

function turnProcessors(next) {
  processors = next;
  occupyProcessor(next === 'locked-up' || next === 'panicked');
}

async function endByQuit() {
  monitor.emit('SHUTDOWN', { guest: false, reason: 'host-qmp-quit' });
  await leave({ code: 0 });
}

function endBySignal(number) {
  if (scenario.onTerminate === 'ignore') return;
  process.stderr.write(`qemu-system-x86_64: terminating on signal ${number}\n`);
  monitor?.emit('SHUTDOWN', { guest: false, reason: 'host-signal' });
  void leave({ code: 0 });
}

function fail(message) {
  writeFileSync(2, `qemu-system-x86_64: ${message}\n`);
  process.exit(1);
}

/** Ends as asked. A moment for what was sent to leave the process, then QEMU's pid file goes, and it. */
async function leave({ code, signal }) {
  await sleep(20);
  if (signal !== undefined) {
    process.kill(process.pid, signal);
    await sleep(60_000);
  }
  for (const file of [args.pidFile, ...args.qmpPaths, args.consoleSocket, args.serialSocket]) {
    if (file !== undefined) rmSync(file, { force: true });
  }
  process.exit(code ?? 0);
}
