/** A line of group(5). */
export interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** A line of passwd(5), as far as it is used. */
export interface AccountEntry {
  readonly name: string;
  readonly uid: number;
  /** The primary group, of which group(5) lists no members. */
  readonly gid: number;
  readonly home: string;
  /** What a login runs; empty stands for /bin/sh. */
  readonly shell: string;
}

export function parseGroups(text: string): GroupEntry[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(':'))
    .filter((fields) => fields.length >= 3 && /^\d+$/.test(fields[2] ?? ''))
    .map((fields) => ({
      name: fields[0] ?? '',
      gid: Number(fields[2]),
      members: (fields[3] ?? '').split(',').filter((name) => name !== ''),
    }));
}

export function parseAccounts(text: string): AccountEntry[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4 && /^\d+$/.test(fields[2] ?? ''))
    .map((fields) => ({
      name: fields[0] ?? '',
      uid: Number(fields[2]),
      gid: Number(fields[3]),
      home: fields[5] ?? '/',
      shell: (fields[6] ?? '').trim(),
    }));
}
