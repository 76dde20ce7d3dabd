// Reads QEMU's argument list as far as the stand-in obeys it.

/** `file,id=a,path=/x,,y` → [['', 'file'], ['id', 'a'], ['path', '/x,y']]; a doubled comma is one. */
export function readOptions(text) {
  const parts = text.replaceAll(',,', '\0').split(',');
  return new Map(
    parts.map((part) => {
      const plain = part.replaceAll('\0', ',');
      const at = plain.indexOf('=');
      return at < 0 ? ['', plain] : [plain.slice(0, at), plain.slice(at + 1)];
    }),
  );
}

/** Values of an option that may be given more than once. */
function valuesOf(argv, name) {
  return argv.flatMap((word, at) => (word === name ? [argv[at + 1] ?? ''] : []));
}

/** What the stand-in does with its arguments: sockets, logs, ports, the pid file. */
export function readArguments(argv) {
  const chardevs = new Map(
    valuesOf(argv, '-chardev').map((value) => {
      const options = readOptions(value);
      return [options.get('id'), { kind: options.get(''), options }];
    }),
  );
  const chardev = (id) => chardevs.get(id)?.options;

  const qmpPaths = [
    ...valuesOf(argv, '-qmp').map((value) =>
      readOptions(value)
        .get('')
        .replace(/^unix:/, ''),
    ),
    ...valuesOf(argv, '-mon')
      .map(readOptions)
      .filter((options) => options.get('mode') === 'control')
      .map((options) => chardev(options.get('chardev') ?? options.get(''))?.get('path')),
  ];
  const monitors = valuesOf(argv, '-object')
    .map(readOptions)
    .filter((options) => options.get('') === 'monitor-qmp')
    .map((options) => chardev(options.get('chardev'))?.get('path'));
  const serial = valuesOf(argv, '-serial')[0] ?? '';
  const console = serial.startsWith('chardev:') ? chardev(serial.slice(8)) : undefined;
  const debugPort = valuesOf(argv, '-device')
    .map(readOptions)
    .find((o) => o.get('') === 'isa-debugcon');
  const secondPort = valuesOf(argv, '-device')
    .map(readOptions)
    .find((o) => o.get('') === 'isa-serial' && o.get('index') === '1');
  const forward = /hostfwd=tcp:([^:,]*):(\d+)-:22\b/.exec(valuesOf(argv, '-netdev').join(' '));
  const vnc = /^([\d.]*):(\d+)/.exec(valuesOf(argv, '-vnc')[0] ?? '');

  return {
    qmpPaths: [...qmpPaths, ...monitors].filter((path) => path !== undefined),
    consoleLog:
      console?.get('logfile') ?? (console?.get('') === 'file' ? console.get('path') : undefined),
    consoleSocket: console?.get('') === 'socket' ? console.get('path') : undefined,
    serialSocket: chardev(secondPort?.get('chardev'))?.get('path'),
    firmwareLog: chardev(debugPort?.get('chardev'))?.get('path'),
    pidFile: valuesOf(argv, '-pidfile')[0],
    forward:
      forward === null
        ? undefined
        : { rule: forward[0].slice(8), host: forward[1] || '0.0.0.0', port: Number(forward[2]) },
    vnc:
      vnc === null
        ? undefined
        : { text: vnc[0], host: vnc[1] || '0.0.0.0', port: 5900 + Number(vnc[2]) },
  };
}
