import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { processesOf } from '../support/accounts.ts';
import { freePort } from '../support/boot.ts';
import type { RunResult } from '../support/lab.ts';
import { needsOfHost } from '../support/requirements.ts';
import {
  makeSharedHost,
  type Intruder,
  type Seen,
  type SharedHost,
} from '../support/shared-host.ts';

// Two people on one host, each with a real account. The other one tries every way
// into the owner's machine, copies and files that we know of; each row of the
// table is one. Every way is shown to be one where the owner takes it.
const ready = needsOfHost('qemu', 'image-tools', 'ssh', 'root', 'setpriv', 'accounts');

let host: SharedHost;
let port: number;
/** What the intruder saw, by what the owner did meanwhile. */
const seen: Record<string, readonly Seen[]> = {};
/** How the owner's own commands ended meanwhile. */
const ended: Record<string, string> = {};
let qemu: number;

/** Does something while the other account attacks every listener of the owner. */
async function under(intruder: Intruder, what: string, words: readonly string[]): Promise<void> {
  const before = intruder.seen().length;
  const { status, stderr } = await host.utopia(...words);
  ended[what] = `${status} ${stderr}`;
  seen[what] = intruder.seen().slice(before);
}

const succeeds = async (...words: readonly string[]): Promise<string> => {
  const { status, stdout, stderr } = await host.utopia(...words);
  expect(status, `${words.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
};

beforeAll(async () => {
  if (!ready) return;
  host = await makeSharedHost();
  port = await freePort();
  const config = [`UTOPIA_SSH_PORT=${port}`, 'UTOPIA_LOGIN=key', 'UTOPIA_NETWORK=none'];
  host.writeConfig(...config);
  {
    await using intruder = await host.startIntruder();
    await under(intruder, 'image warm', ['image', 'warm']);
    await under(intruder, 'run --cold', ['run', '--cold', '--', 'true']);
  }
  // Whether or not the attack has kept the base from being made.
  await succeeds('image', 'warm');
  await succeeds('run', '--keep', 'kept', '--', 'true');
  {
    await using intruder = await host.startIntruder();
    await under(intruder, 'up', ['up', '--detach']);
  }
  // The same of the start.
  if (!ended['up']?.startsWith('0 ')) await succeeds('up', '--detach');
  await succeeds('snapshot', 'save', 'before');
  {
    await using intruder = await host.startIntruder();
    await under(intruder, 'run --from', ['run', '--from', 'before', '--', 'true']);
  }
  const { machines } = JSON.parse(await succeeds('ls', '--json')) as {
    machines: { pid: number }[];
  };
  qemu = machines[0]?.pid ?? 0;
});

afterAll(async () => {
  await host?.[Symbol.asyncDispose]();
});

/** A way in or out: who takes it, what is done, and what must come of it. */
interface Way {
  readonly id: string;
  readonly actor: 'other account' | 'guest' | 'submission';
  readonly action: string;
  /** What the attempt must say. */
  readonly refusal: RegExp;
  readonly attempt: () => Promise<string> | string;
  /** The same as somebody who may: it must work, or the row would show nothing. */
  readonly control?: () => Promise<unknown>;
}

const said = ({ stdout, stderr }: RunResult): string => stdout + stderr;

/** The other account reads a file of the owner's, who can. */
function read(id: string, path: () => string): Way {
  const words = (): string[] => ['head', '-c', '1', '--', path()];
  return {
    ...{ id, actor: 'other account', action: `reads ${id}`, refusal: /Permission denied/ },
    attempt: async () => said(await host.other.run(words())),
    control: async () => expect(await host.owner.run(words()), path()).toMatchObject({ status: 0 }),
  };
}

const connectScript = `const s=require('net').connect(process.argv[1]);
s.on('error',e=>{console.log(e.code);process.exit()}).on('connect',()=>{console.log('connected');process.exit()})`;

/** The other account connects to a socket in the owner's runtime folder. */
function socket(id: string, path: () => string): Way {
  const words = (): string[] => [process.execPath, '-e', connectScript, path()];
  return {
    ...{ id, actor: 'other account', action: `connects to ${id}`, refusal: /^EACCES/ },
    attempt: async () => said(await host.other.run(words())),
    control: async () => expect((await host.owner.run(words())).stdout, path()).toBe('connected\n'),
  };
}

/** root / root everywhere while the owner does this. */
function login(what: string): Way {
  return {
    id: `root / root during utopia ${what}`,
    actor: 'other account',
    action: 'logs in wherever the owner listens, over the first connection that it gets',
    refusal: /^\[\]$/,
    attempt: () => JSON.stringify(seen[what]?.filter((each) => each.what === 'login')),
    control: async () => expect(ended[what]).toMatch(/^(?:0|75) /),
  };
}

function passwordLogin(account: string): Way {
  return {
    id: `ssh as ${account}`,
    actor: 'other account',
    action: 'logs in by the password that everybody knows, with UTOPIA_LOGIN=key',
    refusal: /Permission denied/,
    attempt: async () => await logInAsOther(account),
    control: async () =>
      expect(await succeeds('ssh', '-l', account, '--', 'id', '-un')).toBe(`${account}\n`),
  };
}

const inLab = (...path: string[]): string => join(host.lab, ...path);
const inSnapshot = (name: string): string => inLab('private.qcow2.snapshots/before', name);
const inWarmBase = (name: string): string => {
  const warm = join(host.owner.home, '.cache/utopia/warm');
  return join(warm, readdirSync(warm)[0] ?? '', name);
};

const ways: readonly Way[] = [
  ...['image warm', 'run --cold', 'up', 'run --from'].map(login),
  ...['root', 'user'].map(passwordLogin),
  {
    id: 'ports',
    actor: 'other account',
    action: 'looks for any further port of the owner, such as a screen without a password',
    refusal: /^127\.0\.0\.1:PORT$/,
    attempt: () => listenersOf(host.owner.uid).join(' ').replace(String(port), 'PORT'),
  },
  socket('the machine protocol', () => host.paths.qmpSocket),
  socket('the serial console', () => host.paths.consoleSocket),
  socket('the screen', () => host.paths.vncSocket),
  {
    id: 'ssh connection',
    actor: 'other account',
    action: 'goes through the connection that the owner’s utopia ssh keeps open',
    refusal: /Permission denied|No such file/,
    attempt: async () => {
      const words = ['ssh', '-F', '/dev/null', '-o', 'BatchMode=yes', '-S', sharedConnection()];
      return said(await host.other.run([...words, 'root@utopia.invalid', 'id']));
    },
    control: async () => {
      const words = [
        'ssh',
        '-F',
        '/dev/null',
        '-S',
        sharedConnection(),
        'root@utopia.invalid',
        'id',
      ];
      expect((await host.owner.run(words)).stdout).toMatch(/^uid=/);
    },
  },
  read('the private file', () => inLab('private.qcow2')),
  read('the disk of a snapshot', () => inSnapshot('disk.qcow2')),
  read('the memory of a snapshot', () => inSnapshot('memory.vmstate')),
  read('the console’s log', () => host.paths.consoleLog),
  read('QEMU’s words', () => host.paths.qemuLog),
  read('the machine’s key', () => join(host.paths.sshDir, 'id_ed25519')),
  read('the record of what runs', () => host.paths.stateFile),
  read('the memory of the warm base', () => inWarmBase('memory')),
  read('the disk of a kept copy', () => inLab('kept/private.qcow2')),
  {
    id: 'any file',
    actor: 'other account',
    action: 'looks for anything that it can read or write in what utopia has made',
    refusal: /^$/,
    attempt: async () => {
      const places = [
        host.lab,
        host.paths.runtimeDir,
        join(host.owner.home, '.cache'),
        join(host.owner.home, '.local'),
      ];
      const { stdout } = await host.other.run([
        'find',
        ...places,
        '(',
        '-readable',
        '-o',
        '-writable',
        ')',
        '-print',
      ]);
      // A folder that the owner has named has the mode that other programs would give it.
      const own = [host.lab, inLab('utopia.config'), inLab('kept'), inLab('kept/utopia.config')];
      return stdout
        .split('\n')
        .filter((path) => path !== '' && !own.includes(path))
        .join('\n');
    },
  },
  {
    id: 'poisoned base',
    actor: 'other account',
    action: 'puts a disk of its own into the warm base of which all copies are made',
    refusal: /Permission denied/,
    attempt: async () =>
      said(await host.other.run(['sh', '-c', ': >> "$0"', inWarmBase('disk.qcow2')])),
  },
  {
    id: 'share',
    actor: 'other account',
    action: 'lists the shared folder and lays a file into it',
    refusal: /Permission denied[^]*Permission denied/,
    attempt: async () =>
      said(await host.other.run(['sh', '-c', 'ls "$0"; : > "$0/x"', inLab('shared')])),
    control: async () => expect((await host.owner.run(['ls', inLab('shared')])).status).toBe(0),
  },
  {
    id: 'set-user-id program',
    actor: 'other account',
    action: 'runs a program that root of the guest has put into the share with mode 4755',
    refusal: /Permission denied/,
    attempt: async () =>
      said(
        // By a shell: setpriv itself still has root's capabilities when it starts a program.
        await host.other.run(['sh', '-c', 'exec "$0" -p -c id', inLab('shared/as-owner')]),
      ),
    control: async () => {
      await succeeds(
        'ssh',
        '--',
        'cp /bin/dash /home/user/shared/as-owner && chmod 4755 /home/user/shared/as-owner',
      );
      expect(existsSync(inLab('shared/as-owner'))).toBe(true);
    },
  },
  ...['environ', 'mem', 'fd/0'].map((name) => ({
    ...read(`${name} of QEMU’s process`, () => `/proc/${qemu}/${name}`),
    control: async () => expect(processesOf(host.owner.uid)).toContain(qemu),
  })),
  {
    id: 'signal',
    actor: 'other account',
    action: 'kills the machine',
    refusal: /not permitted/,
    attempt: async () => said(await host.other.run(['bash', '-c', `kill -9 ${qemu}`])),
    control: async () => expect(processesOf(host.owner.uid)).toContain(qemu),
  },
  {
    id: 'by its config',
    actor: 'other account',
    action: 'stops the machine by the owner’s config file',
    refusal: /is not running/,
    attempt: async () =>
      said(await host.otherUtopia('--config', inLab('utopia.config'), 'down', '--force')),
    control: async () => expect(processesOf(host.owner.uid)).toContain(qemu),
  },
  {
    id: 'password on a command line',
    actor: 'other account',
    action: 'reads every command line while the owner changes a password',
    refusal: /^passwd$/,
    attempt: async () => {
      const watch = `while :; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >> ${join(host.other.home, 'words')}; done`;
      const watcher = host.other.start(['sh', '-c', watch]);
      const program = [process.execPath, join(host.folder, 'program/bin/utopia.js')];
      const options = { cwd: host.lab, input: `${secret}\n` };
      const changed = await host.owner.run([...program, 'passwd', 'root', '--stdin'], options);
      expect(changed.status, changed.stderr).toBe(0);
      watcher.kill('SIGKILL');
      const words = readFileSync(join(host.other.home, 'words'), 'utf8');
      return ['passwd', secret].filter((word) => words.includes(word)).join(' ');
    },
  },
  {
    id: 'runtime folder laid before',
    actor: 'other account',
    action: 'makes the folder of the owner’s sockets in the temporary folder before the owner does',
    refusal: /belongs to user id \d+, not to you/,
    attempt: async () => {
      const trap = join(host.folder, 'trap');
      mkdirSync(trap);
      chmodSync(trap, 0o1777);
      await host.other.run(['mkdir', '-m', '777', join(trap, `utopia-${host.owner.uid}`)]);
      return await asOwner(['up', '--detach'], { TMPDIR: trap });
    },
  },
  {
    id: 'runtime link laid before',
    actor: 'other account',
    action: 'lays a link to a folder of its own there',
    refusal: /is not a folder/,
    attempt: async () => {
      const trap = join(host.folder, 'trap-link');
      mkdirSync(trap);
      chmodSync(trap, 0o1777);
      await host.other.run(['ln', '-s', host.other.home, join(trap, `utopia-${host.owner.uid}`)]);
      return await asOwner(['up', '--detach'], { TMPDIR: trap });
    },
  },
  ...(['junit', 'screenshot'] as const).map((id) => ({
    id: `link in place of a ${id} file`,
    actor: 'other account' as const,
    action: 'lays a link to a file of the owner’s where the owner will write',
    refusal: /^as it was$/,
    attempt: async () => {
      const [drop, victim] = [
        join(host.folder, `drop-${id}`),
        join(host.owner.home, `victim-${id}`),
      ];
      mkdirSync(drop);
      chmodSync(drop, 0o777);
      writeFileSync(victim, 'as it was');
      chownSync(victim, host.owner.uid, host.owner.uid);
      const target = join(drop, 'file.png');
      await host.other.run(['ln', '-s', victim, target]);
      await host.utopia(
        ...(id === 'junit' ? ['run', '--junit', target, '--', 'true'] : ['screenshot', target]),
      );
      return readFileSync(victim, 'utf8');
    },
  })),
  {
    id: 'a lab that runs programs',
    actor: 'other account',
    action: 'offers a lab folder whose config names a program of its own as QEMU',
    refusal: /^not run$/,
    attempt: async () => {
      const [trap, proof] = [join(host.other.home, 'trap'), join(host.folder, 'proof')];
      const program = `#!/bin/sh\nid > '${proof}'\n`;
      await host.other.run(
        [
          'sh',
          '-c',
          'mkdir "$0"; cat > "$0/qemu-system-x86_64"; chmod 755 "$0/qemu-system-x86_64"',
          trap,
        ],
        { input: program },
      );
      await host.other.run(['sh', '-c', 'echo QEMU_BUILD_DIR=. > "$0/utopia.config"', trap]);
      for (const words of [
        ['doctor'],
        ['up', '--dry-run'],
        ['devices'],
        ['run', '--', 'true'],
        ['up', '--detach'],
      ]) {
        await host.utopia('-C', trap, ...words);
      }
      return existsSync(proof) ? `run: ${readFileSync(proof, 'utf8')}` : 'not run';
    },
  },
  {
    id: 'a link in the share',
    actor: 'guest',
    action: 'writes to a file of the host’s through a link and a path that leads up',
    refusal: /^as it was$/,
    attempt: async () => {
      const victim = join(host.owner.home, 'victim-share');
      writeFileSync(victim, 'as it was');
      chownSync(victim, host.owner.uid, host.owner.uid);
      const share = '/home/user/shared';
      const script = `cd ${share}; ln -s '${victim}' link; ln -s ../../victim-share up; for each in link up ../../../victim-share; do echo x > $each; done`;
      await host.utopia('ssh', '--', script);
      return readFileSync(victim, 'utf8');
    },
    control: async () =>
      expect(await succeeds('ssh', '--', 'ls /home/user/shared')).toContain('as-owner'),
  },
  {
    id: 'host’s loopback from a machine',
    actor: 'guest',
    action: 'connects to a server of another account on 127.0.0.1, with UTOPIA_NETWORK=none',
    refusal: /^closed\n$/,
    attempt: async () => await withServer(async (at) => await succeeds('ssh', '--', reach(at))),
  },
  {
    id: 'host’s loopback from a copy',
    actor: 'submission',
    action: 'connects to a server of another account on 127.0.0.1',
    refusal: /^closed\n$/,
    attempt: async () =>
      await withServer(async (at) => await succeeds('run', '--', 'sh', '-c', reach(at))),
    control: async () =>
      expect(
        await withServer(
          async (at) => await succeeds('run', '--network', '--', 'sh', '-c', reach(at)),
        ),
      ).toBe('reached\n'),
  },
  {
    id: 'a neighbour’s work',
    actor: 'submission',
    action: 'reads what another one has handed in, and the key of the tests',
    refusal: /^mine\n$/,
    attempt: async () => {
      await host.owner.run(
        [
          'sh',
          '-c',
          'mkdir -p subs/a subs/b; echo mine > subs/a/x; echo other > subs/b/x; echo key > tests.key',
        ],
        { cwd: host.lab },
      );
      const script =
        'cat subs/a/x; cat subs/b/x tests.key {}/../b/x; find / -xdev -name tests.key; true';
      const { runs } = JSON.parse(
        await succeeds('run', '--json', '--each', 'subs/a', '--', 'sh', '-c', script),
      ) as { runs: { stdout: string }[] };
      return runs[0]?.stdout ?? '';
    },
  },
  {
    id: 'squatted port',
    actor: 'other account',
    action: 'listens at the machine’s port while that is off, and waits for a password',
    refusal: /^0 bytes$/,
    attempt: async () => {
      await succeeds('down', '--force');
      const script = `let n=0;require('net').createServer(s=>{s.write('SSH-2.0-OpenSSH_9.2p1\\r\\n');s.on('data',d=>{n+=d.length;console.log(n)}).on('error',()=>{})}).listen(${port},'127.0.0.1',()=>console.log('ready'))`;
      const squatter = host.other.start([process.execPath, '-e', script]);
      let heard = '';
      squatter.stdout.on('data', (chunk: Buffer) => (heard += chunk.toString()));
      while (!heard.includes('ready')) await sleep(20);
      for (const words of [
        ['ssh', '--', 'true'],
        ['up', '--detach'],
        ['status'],
        ['exec', 'true'],
      ]) {
        expect((await host.utopia(...words)).status === 0).toBe(words[0] === 'status');
      }
      squatter.kill('SIGKILL');
      return heard === 'ready\n' ? '0 bytes' : heard;
    },
  },
];

const table = ways.map((way) => [`${way.actor}: ${way.action} (${way.id})`, way] as const);

test.for(table)('%s', async ([, { attempt, refusal, control }]) => {
  await control?.();
  expect(await attempt()).toMatch(refusal);
});

const secret = 'a-secret-of-hers';

/** Listening sockets of an account, as every account can see them: `address:port`. */
function listenersOf(uid: number): string[] {
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/ +/))
    .filter((fields) => fields[3] === '0A' && fields[7] === String(uid))
    .map((fields) => {
      const [address = '', at = ''] = (fields[1] ?? '').split(':');
      const bytes = address.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
      return `${bytes.toReversed().join('.')}:${Number.parseInt(at, 16)}`;
    });
}

/** The socket of the connection that utopia ssh keeps. */
function sharedConnection(): string {
  const name = readdirSync(host.paths.runtimeDir).find((each) => each.startsWith('ctl-'));
  return join(host.paths.runtimeDir, name ?? 'ctl-none');
}

async function asOwner(words: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const program = [process.execPath, join(host.folder, 'program/bin/utopia.js')];
  return said(await host.owner.run([...program, ...words], { cwd: host.lab, env }));
}

async function logInAsOther(account: string): Promise<string> {
  const askpass = join(host.other.home, `askpass-${account}`);
  writeFileSync(askpass, `#!/bin/sh\necho ${account}\n`, { mode: 0o755 });
  const options = [
    ...['-T', '-F', '/dev/null', '-o', 'LogLevel=ERROR', '-o', 'StrictHostKeyChecking=no'],
    ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'NumberOfPasswordPrompts=1'],
    ...['-o', 'KexAlgorithms=curve25519-sha256', '-p', String(port)],
  ];
  return said(
    await host.other.run(['ssh', ...options, `${account}@127.0.0.1`, 'id'], {
      env: { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' },
    }),
  );
}

/** A server of the other account on the host's loopback, while `use` runs. */
async function withServer(use: (at: number) => Promise<string>): Promise<string> {
  const script = `require('net').createServer(s=>s.on('error',()=>{}).end('a page of the host\\n')).listen(0,'127.0.0.1',function(){console.log(this.address().port)})`;
  const server = host.other.start([process.execPath, '-e', script]);
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  try {
    return await use(Number(line.toString()));
  } finally {
    server.kill('SIGKILL');
  }
}

/** Shell that says whether a port of the host is reached from a guest. */
function reach(at: number): string {
  return `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(PeerAddr=>"10.0.2.2:${at}",Timeout=>5) ? "reached\\n" : "closed\\n"'`;
}
