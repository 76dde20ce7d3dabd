/** Value of an option that may stand several times: what it was given each time, in order. */
export function collectWord(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}
