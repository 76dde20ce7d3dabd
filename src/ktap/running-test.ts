/** KUnit's diagnostic lines name their test; so does its runner in a trace. */
const named = /^\s*# (\w[\w-]{0,200}): /;
const frame = /(?:^|[\s:])([A-Za-z_][\w.]{0,200})\+0x[\da-f]{1,8}\/0x[\da-f]{1,8}/;
const runner = /^kunit_(?:generic_run|try_run|try_catch|run_case)/;

/**
 * The test that said these lines and then nothing more: KUnit writes a test's name behind it, so
 * it is known by its diagnostics, or as the function that KUnit's runner had called. Pure.
 */
export function nameRunning(lines: readonly string[]): string | undefined {
  let caller: string | undefined;
  for (const line of lines) {
    // A guess of the unwinder.
    if (/\? \w+\+0x/.test(line)) continue;
    const name = frame.exec(line)?.[1];
    if (name === undefined) continue;
    if (runner.test(name)) return caller ?? nameSaid(lines);
    caller = name;
  }
  return nameSaid(lines);
}

function nameSaid(lines: readonly string[]): string | undefined {
  return lines.findLast((line) => named.test(line))?.match(named)?.[1];
}
