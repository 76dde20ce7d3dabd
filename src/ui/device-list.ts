import type { LabDevice } from '../host/lab-devices.ts';
import { quoteForShell } from '../text/shell-words.ts';
import { wrapText } from './lines.ts';
import type { Terminal } from './terminal.ts';

/** A device of QEMU, and whether this QEMU has it. */
export interface ListedDevice extends LabDevice {
  readonly present: boolean;
}

const headings = {
  machine: 'Every machine has, where QEMU does:',
  exercise: 'For exercises, in UTOPIA_EXTRA_ARGS or behind utopia up --:',
} as const;

/** Two paragraphs: what every machine has, and what exercises ask for with their arguments. */
export function deviceList(
  listed: readonly ListedDevice[],
  { color, symbols, columns }: Pick<Terminal, 'color' | 'symbols' | 'columns'>,
): string[] {
  const indent = ' '.repeat(7);
  return (['machine', 'exercise'] as const).flatMap((part) => [
    '',
    headings[part],
    ...listed
      .filter((each) => each.part === part)
      .flatMap(({ name, purpose, args, built, present }) => {
        const mark = present ? color.green(symbols.ok) : color.yellow(symbols.warn);
        const line = `  ${mark} ${name.padEnd(20)} ${purpose}`;
        if (!present)
          return [line, `${indent}not built in${built === undefined ? '' : `: ${built}`}`];
        if (args === undefined) return [line];
        const words = wrapText(args.map(quoteForShell).join(' '), columns, indent);
        return [line, ...words.map((each) => (each.startsWith(indent) ? each : indent + each))];
      }),
  ]);
}
