import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseTextScreen } from '../../../src/qmp/text-screen.ts';

const recorded = join(import.meta.dirname, '../../../fixtures/logs/firmware');

test('a recorded dump of the screen reads as its lines', () => {
  expect(parseTextScreen(readFileSync(join(recorded, 'screen-empty-disk.txt'), 'utf8'))).toEqual([
    'SeaBIOS (version 1.16.2-debian-1.16.2-1)',
    'Booting from Hard Disk...',
    'Boot failed: not a bootable disk',
    'Booting from Floppy...',
    'Boot failed: could not read the boot disk',
    'No bootable device.',
  ]);
});

test('neither graphics memory nor an error of the monitor is text', () => {
  expect(parseTextScreen('00000000000b8000: 0xffff 0x0000 0x001f')).toEqual([]);
  expect(parseTextScreen("unknown command: 'xp'\r\n")).toEqual([]);
});
