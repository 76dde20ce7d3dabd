import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a test run with what a reader of a log wants: each skipped test with its
 * reason, then one line `N passed, N failed, N skipped`.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly unknown[],
    reason: string,
  ): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const skipped: string[] = [];
    for (const module of modules) {
      // A file that could not even be loaded has no tests to count: it is one failure.
      if (module.state() === 'failed' && [...module.children.allTests('failed')].length === 0) {
        counts.failed += 1;
      }
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') counts.passed += 1;
        else if (result.state === 'failed') counts.failed += 1;
        else {
          counts.skipped += 1;
          const note = result.state === 'skipped' ? result.note : undefined;
          skipped.push(`${test.fullName}: ${note ?? 'no reason given'}`);
        }
      }
    }
    counts.failed += unhandledErrors.length;
    if (reason === 'interrupted') console.log('interrupted');
    for (const line of skipped) console.log(`skipped  ${line}`);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}
