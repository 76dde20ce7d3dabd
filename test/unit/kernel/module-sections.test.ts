import { expect, test } from 'vitest';
import { readLoadedModules } from '../../../src/kernel/module-sections.ts';

test('where a guest has loaded its modules is read, and nothing else that it says', () => {
  const text = [
    'chr/sections/.text:0xffffffffc0000000',
    'chr/sections/.data:0xffffffffc0002000',
    'hidden/sections/.text:0x0000000000000000',
    'nocode/sections/.data:0xffffffffc0003000',
    '../etc/sections/.text:0xffffffffc0004000',
    'evil/sections/.text:0x1; shell reboot',
    'evil/sections/.te xt:0xffffffffc0004000',
    ...Array.from({ length: 2_000 }, (_, at) => `m${at}/sections/.text:0xffffffffc1000000`),
  ].join('\n');
  const found = readLoadedModules(text);
  expect(found[0]).toEqual({
    name: 'chr',
    sections: new Map([
      ['.text', '0xffffffffc0000000'],
      ['.data', '0xffffffffc0002000'],
    ]),
  });
  expect(found.map(({ name }) => name)).not.toContain('hidden');
  expect(found.filter(({ name }) => !/^(?:chr|m\d+)$/.test(name))).toEqual([]);
  expect(found.length).toBeLessThanOrEqual(500);
});
