import { describe, expect, it } from 'vitest';
import { editKey, type LineEdit } from '../../../src/config/edit.ts';
import type { KeyName } from '../../../src/config/config-keys.ts';

function edit(text: string, key: KeyName = 'UTOPIA_SSH_PORT', value = '22224') {
  return editKey(text, key, value, {}, '/home/alice');
}

function replaced(line: number, from: string, to: string): LineEdit {
  return { kind: 'replace', line, from, to };
}

describe('a key that is set', () => {
  it.each([
    ['UTOPIA_SSH_PORT=22223', 1, 'UTOPIA_SSH_PORT=22223', 'UTOPIA_SSH_PORT=22224'],
    [
      '# port\n  UTOPIA_SSH_PORT=22223  # mine',
      2,
      'UTOPIA_SSH_PORT=22223',
      'UTOPIA_SSH_PORT=22224',
    ],
    ['export UTOPIA_SSH_PORT="22223"\n', 1, 'UTOPIA_SSH_PORT="22223"', 'UTOPIA_SSH_PORT="22224"'],
    ["A=1; UTOPIA_SSH_PORT='1'; B=2", 1, "UTOPIA_SSH_PORT='1'", "UTOPIA_SSH_PORT='22224'"],
    ['UTOPIA_SSH_PORT=\n', 1, 'UTOPIA_SSH_PORT=', 'UTOPIA_SSH_PORT=22224'],
    ['P=5\nUTOPIA_SSH_PORT=$P', 2, 'UTOPIA_SSH_PORT=$P', 'UTOPIA_SSH_PORT=22224'],
    ['UTOPIA_SSH_PORT=1\nUTOPIA_SSH_PORT=2', 2, 'UTOPIA_SSH_PORT=2', 'UTOPIA_SSH_PORT=22224'],
    ['UTOPIA_SSH_PORT=1 # UTOPIA_SSH_PORT=2', 1, 'UTOPIA_SSH_PORT=1', 'UTOPIA_SSH_PORT=22224'],
  ])('%j: only its value changes', (text, line, from, to) => {
    expect(edit(text)).toEqual(replaced(line, from, to));
  });

  it.each([
    ['another name is built from it', 'UTOPIA_SSH_PORT=1\nUTOPIA_NAME=p$UTOPIA_SSH_PORT'],
    ['it is joined from pieces', 'UTOPIA_SSH_PORT="2"2223'],
    ['it is added to', 'UTOPIA_SSH_PORT=2\nUTOPIA_SSH_PORT+=2223'],
    ['it goes on in the next line', 'UTOPIA_SSH_PORT=22\\\n223'],
  ])('is left alone where %s', (_, text) => {
    expect(edit(text)).toBeUndefined();
  });
});

describe('a key that is not set', () => {
  it.each([
    ['goes below its sample', '# a\n#UTOPIA_SSH_PORT=22223\n\nVERBOSE=1\n', 2],
    ['goes to the end', 'VERBOSE=1\n', 1],
    ['goes to the end of a file without a last newline', 'VERBOSE=1\n# x', 2],
  ])('%s', (_, text, line) => {
    expect(edit(text)).toEqual({ kind: 'insert', line, to: 'UTOPIA_SSH_PORT=22224' });
  });
});
