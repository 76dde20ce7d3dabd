import type { Reporter, TestModule } from 'vitest/node';

interface Complaint {
  readonly message: string;
}

/**
 * Ends a test run with what a reader of a log wants: each skipped and each failed
 * test with its reason in a line, then one line `N passed, N failed, N skipped`.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly Complaint[],
    reason: string,
  ): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const skipped: string[] = [];
    const failed: string[] = [];
    const fail = (name: string, error: Complaint | undefined): void => {
      counts.failed += 1;
      failed.push(`${name}: ${firstLine(error)}`);
    };
    for (const module of modules) {
      // A file that could not even be loaded has no tests to count: it is one failure.
      if (module.state() === 'failed' && [...module.children.allTests('failed')].length === 0) {
        fail(module.moduleId, module.errors()[0]);
      }
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'passed') counts.passed += 1;
        else if (result.state === 'failed') fail(test.fullName, result.errors[0]);
        else {
          counts.skipped += 1;
          const note = result.state === 'skipped' ? result.note : undefined;
          skipped.push(`${test.fullName}: ${note ?? 'no reason given'}`);
        }
      }
    }
    for (const error of unhandledErrors) fail('outside every test', error);
    if (reason === 'interrupted') console.log('interrupted');
    for (const line of skipped) console.log(`skipped  ${line}`);
    for (const line of failed) console.log(`failed   ${line}`);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}

function firstLine(error: Complaint | undefined): string {
  return error?.message.split('\n', 1)[0] ?? 'no reason given';
}
