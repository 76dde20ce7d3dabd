import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a real bash makes of a file. */
export interface BashVerdict {
  /** Exit status of `. file`. */
  readonly status: number;
  /** All that bash said while it read the file; a good file makes it say nothing. */
  readonly noise: string;
  /** The asked variables; undefined for those that are not set. */
  readonly values: ReadonlyMap<string, string | undefined>;
}

export interface BashQuestion {
  readonly bytes: Uint8Array;
  readonly names: readonly string[];
}

/** Sources each file in a subshell of its own; its own variables start with __ to stay out of the way. */
const script = `
while read -r -a __line; do
  (
    { . ./"\${__line[0]}"; } >noise 2>&1
    __status=$?
    printf '%s\\0' "$__status" "$(<noise)"
    for __name in "\${__line[@]:1}"; do
      if [[ -v $__name ]]; then printf '=%s\\0' "\${!__name}"; else printf -- '-\\0'; fi
    done
  ) <&-
done <questions
`;

/** Asks one bash process about many files, each sourced in a fresh subshell with nothing but \`env\`. */
export function askBash(
  questions: readonly BashQuestion[],
  env: Readonly<Record<string, string>>,
): BashVerdict[] {
  const folder = mkdtempSync(join(tmpdir(), 'utopia-bash-'));
  try {
    for (const [index, { bytes }] of questions.entries()) {
      writeFileSync(join(folder, `${index}.config`), bytes);
    }
    writeFileSync(
      join(folder, 'questions'),
      questions.map(({ names }, index) => `${index}.config ${names.join(' ')}\n`).join(''),
    );
    const { stdout, stderr, status } = spawnSync('/bin/bash', ['--norc', '-c', script], {
      cwd: folder,
      env: { ...env },
      maxBuffer: 256 * 1024 * 1024,
      timeout: 120_000,
    });
    if (status !== 0) throw new Error(`bash ended with ${status}: ${stderr.toString()}`);
    const fields = stdout.toString('utf8').split('\0');
    if (fields.pop() !== '') throw new Error('bash answered in part only');
    let position = 0;
    const verdicts = questions.map(({ names }) => {
      const [answerStatus, noise = ''] = fields.slice(position, position + 2);
      position += 2;
      const values = new Map<string, string | undefined>();
      for (const name of names) {
        const field = fields[position];
        position += 1;
        values.set(name, field?.startsWith('=') === true ? field.slice(1) : undefined);
      }
      return { status: Number(answerStatus), noise, values };
    });
    if (position !== fields.length) throw new Error('bash answered more than was asked');
    return verdicts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
