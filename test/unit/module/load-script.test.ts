import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import {
  explainLoad,
  explainUnload,
  loadScript,
  moduleName,
  readLoadAnswer,
  saidAtLoad,
  unloadScript,
} from '../../../src/module/load-script.ts';

test('both scripts are shell that can be read', () => {
  execFileSync('sh', ['-n', '-c', loadScript('lunix', ["whom=it's"])]);
  execFileSync('sh', ['-n', '-c', unloadScript('lunix', 10)]);
});

test('a file names its module', () => {
  expect(moduleName('sub/snd-lunix.ko')).toBe('snd_lunix');
});

test.each([
  ['said insmod: ERROR: could not insert module /run/m.ko: File exists', /loaded already/],
  [
    'said x: Invalid module format\nbuilt-for 6.1.0\nruns 6.12.0',
    /built for 6\.1\.0, and .* 6\.12\.0/,
  ],
  [
    'said x: Unknown symbol in module\nbuilt-for 6\nruns 6\nlog [1.0] m: Unknown symbol foo (err -2)',
    /no loaded module gives: foo\./,
  ],
  ['said insmod: ERROR: could not insert module /run/m.ko: No such device', /No such device/],
])('why %j was refused', (text, why) => {
  expect(explainLoad('m', readLoadAnswer(`outcome refused\n${text}\n`)).why).toMatch(why);
});

test.each<[string, RegExp, readonly string[]]>([
  ['said in use\nreferences 1\nholder other', /in use \(1 reference\)/, ['module other uses it']],
  [
    'said in use\nreferences 2\nuser cat (pid 7) has /dev/m open',
    /in use/,
    ['cat (pid 7) has /dev/m open'],
  ],
  [
    'said rmmod: ERROR: ../lib/x.c:85 remove() could not remove m: busy\nreferences 0',
    /not removed: could not remove m: busy\./,
    [],
  ],
])('why %j stays', (text, why, details) => {
  const refusal = explainUnload('m', readLoadAnswer(`outcome refused\n${text}\n`));
  expect(refusal.why).toMatch(why);
  expect(refusal.details).toEqual(details);
});

test('what is done, absent or nonsense', () => {
  expect(readLoadAnswer('outcome done\n').outcome).toBe('done');
  expect(readLoadAnswer('outcome absent\n').outcome).toBe('absent');
  expect(readLoadAnswer('').outcome).toBe('refused');
});

test('what a module says when it is inserted is shown, without what the kernel says of each', () => {
  const text = [
    'outcome done',
    'log [   12.1] chr: loading out-of-tree module taints kernel.',
    'log [   12.2] chr: module verification failed: signature and/or required key missing - tainting kernel',
    "log [   12.3] chr: unknown parameter 'debgu' ignored",
    'log [   12.4] chr: hello',
  ].join('\n');
  expect(saidAtLoad(readLoadAnswer(text))).toEqual([
    "[   12.3] chr: unknown parameter 'debgu' ignored",
    '[   12.4] chr: hello',
  ]);
});
