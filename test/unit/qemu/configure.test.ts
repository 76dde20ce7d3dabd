import { expect, test } from 'vitest';
import { offerOf, parseConfigureHelp, refusalOf } from '../../../src/qemu/configure-help.ts';
import { chooseOptions, type ConfigureWish } from '../../../src/qemu/configure-options.ts';
import { explainConfigure } from '../../../src/qemu/configure-trouble.ts';

/** As 10.0 has it, shortened. */
const new10 = `Standard options:
  --help                   print this message
  --target-list=LIST       set target list (default: build all)
  --enable-plugins
                           enable plugins via shared library loading
  --firmwarepath=VALUES    search PATH for firmware files [share/qemu-
                           firmware]
  --prefix=VALUE           Installation prefix [/usr/local]

Optional features, enabled with --enable-FEATURE and
disabled with --disable-FEATURE, default is enabled if available
(unless built with --without-default-features):

  docs            Documentations build support
  guest-agent     Build QEMU Guest Agent
  kvm             KVM acceleration support
  slirp           libslirp user mode network backend support
  tools           build support utilities that come with QEMU
  vhost-user-blk-server
                  build vhost-user-blk server
  virtfs          virtio-9p support
  vnc             VNC server
  werror          Treat warnings as errors

NOTE: The object files are built at the place where configure is launched
`;

/** As 5.2 has it: slirp is there without being asked for, and werror is an option alone. */
const old52 = `  --prefix=PREFIX          install in PREFIX [/usr/local]
  --firmwarepath=PATH      search PATH for firmware files
  --disable-werror         disable compilation abort on warning
  --disable-slirp          disable SLIRP userspace network connectivity

Optional features, enabled with --enable-FEATURE and
disabled with --disable-FEATURE, default is enabled if available:

  docs            build documentation
  vnc             VNC UI support
  virtfs          VirtFS
  kvm             KVM acceleration support
  tools           build qemu-io, qemu-nbd and qemu-img tools
`;

/** As 2.0 has it: each feature is two options. */
const old20 = `  --prefix=PREFIX          install in PREFIX [/usr/local]
  --disable-werror         disable compilation abort on warning
  --disable-vnc            disable VNC
  --enable-vnc             enable VNC
  --disable-virtfs         disable VirtFS
  --enable-virtfs          enable VirtFS
  --disable-kvm            disable KVM acceleration support
  --enable-kvm             enable KVM acceleration support
  --disable-slirp          disable SLIRP userspace network connectivity
  --enable-docs            enable documentation build
  --disable-docs           disable documentation build
  --disable-tools          disable build of qemu-io and qemu-nbd tools
`;

const plain: ConfigureWish = {
  ...{ prefix: '/opt/q', with: [], without: [], firmware: [], python: undefined, more: [] },
};

test.each([
  [
    '10.0',
    new10,
    '--enable-virtfs --enable-slirp --enable-vnc --enable-kvm --enable-tools ' +
      '--disable-docs --disable-guest-agent --disable-werror',
  ],
  [
    '5.2',
    old52,
    '--enable-virtfs --enable-vnc --enable-kvm --enable-tools --disable-docs --disable-werror',
  ],
  ['2.0', old20, '--enable-virtfs --enable-vnc --enable-kvm --disable-docs --disable-werror'],
])('what QEMU %s is asked for is what it offers', (_version, help, words) => {
  const options = chooseOptions(parseConfigureHelp(help), plain);
  expect(options.words.join(' ')).toBe(`--prefix=/opt/q --target-list=x86_64-softmmu ${words}`);
  expect(options).toMatchObject({ unknown: [], lacking: [] });
});

test('features by name, those that are not known, and what is handed on', () => {
  const options = chooseOptions(parseConfigureHelp(old52), {
    ...plain,
    ...{ with: ['docs', 'rust'], without: ['slirp', 'virtfs', 'gtk'] },
    ...{ firmware: ['/usr/share/qemu', '/usr/share/seabios'], python: '/usr/bin/python3' },
    more: ['--enable-debug'],
  });
  expect(options.words.slice(2).join(' ')).toBe(
    '--enable-vnc --enable-kvm --enable-tools --enable-docs --disable-slirp --disable-virtfs ' +
      '--disable-werror --firmwarepath=/usr/share/qemu:/usr/share/seabios ' +
      '--python=/usr/bin/python3 --enable-debug',
  );
  expect(options.unknown).toEqual(['rust', 'gtk']);
});

test('how a feature is offered', () => {
  const help = parseConfigureHelp(old52);
  expect(offerOf(help, 'vnc')).toEqual({ kind: 'option', option: '--enable-vnc' });
  expect(offerOf(help, 'slirp')).toEqual({ kind: 'always' });
  expect(offerOf(help, 'plugins')).toEqual({ kind: 'none' });
  expect(refusalOf(help, 'slirp')).toBe('--disable-slirp');
  expect(parseConfigureHelp(new10).options.has('enable-plugins')).toBe(true);
  expect(parseConfigureHelp(new10).features.has('vhost-user-blk-server')).toBe(true);
});

test.each<[string, string, readonly string[], RegExp | undefined]>([
  [
    'meson’s problem',
    `Library fdt found: NO

../src/meson.build:2768:2: ERROR: Problem encountered: fdt not available but required by targets x86_64-softmmu

A full log can be found at /tmp/b/meson-logs/meson-log.txt

ERROR: meson setup failed
`,
    [
      '../src/meson.build:2768:2: ERROR: Problem encountered: fdt not available but required by targets x86_64-softmmu',
    ],
    undefined,
  ],
  [
    'no meson',
    '\nERROR: Meson not found.  Use --meson=/path/to/meson\n\n',
    ['ERROR: Meson not found.  Use --meson=/path/to/meson'],
    /qemu get/,
  ],
  [
    'an option that it does not know',
    "ERROR: unknown option --enable-slirp\nTry '../configure --help' for more information\n",
    ['ERROR: unknown option --enable-slirp'],
    /does not know --enable-slirp/,
  ],
  [
    'another Python',
    `mkvenv: installing meson==1.5.0
ERROR: Could not find a version that satisfies the requirement meson==1.5.0 (from versions: none)
ERROR: No matching distribution found for meson==1.5.0

*** Ouch! ***

Could not provide build dependency 'meson==1.5.0':
 • Python package 'meson' was not found nor installed.
 • 'meson' was detected on your system at '/usr/bin/meson', but the Python package 'meson' was not found by this Python interpreter ('/opt/python3').


`,
    [
      'ERROR: No matching distribution found for meson==1.5.0',
      "Could not provide build dependency 'meson==1.5.0':",
      "• Python package 'meson' was not found nor installed.",
      "• 'meson' was detected on your system at '/usr/bin/meson', but the Python package 'meson' was not found by this Python interpreter ('/opt/python3').",
    ],
    /--configure --python=/,
  ],
  [
    'a Python that is too new',
    `
ERROR: Cannot use 'python', Python 2.4 or later is required.
       Note that Python 3 or later is not yet supported.
       Use --python=/path/to/python to specify a supported Python.

`,
    [
      "ERROR: Cannot use 'python', Python 2.4 or later is required.",
      'Note that Python 3 or later is not yet supported.',
      'Use --python=/path/to/python to specify a supported Python.',
    ],
    /Python 2/,
  ],
  [
    'its last lines',
    'checking a\nchecking b\nSegmentation fault\n',
    ['checking a', 'checking b', 'Segmentation fault'],
    undefined,
  ],
])('why configure failed: %s', (_what, said, reason, step) => {
  const told = explainConfigure(said.split('\n'), '');
  expect(told.reason).toEqual(reason);
  if (step === undefined) expect(told.step).toBeUndefined();
  else expect(told.step).toMatch(step);
});

test('a configure that prints nothing has its reason in its log', () => {
  const log = 'line\n../meson.build:1:0: ERROR: Unknown compiler\n';
  expect(explainConfigure([], log).reason).toEqual(['../meson.build:1:0: ERROR: Unknown compiler']);
  expect(explainConfigure([], '').reason).toEqual([]);
});
