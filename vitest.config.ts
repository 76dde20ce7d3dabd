import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

export default defineConfig({
  define: { UTOPIA_VERSION: JSON.stringify('0.0.0-test') },
  test: {
    reporters: ['default', new ClosingLine()],
    globalSetup: ['test/support/end-of-run.ts'],
    // A list that is not as expected is told whole: the log is all there is of a run elsewhere.
    chaiConfig: { truncateThreshold: 1_000 },
    // By default a second, which a program's start may take on a busy host.
    expect: { poll: { timeout: 45_000 } },
    // As many as CI has cores: most tests wait for programs, which Vitest's own number, one
    // less, does not think of.
    maxWorkers: 2,
    projects: [
      // Pure rules, real files, real small processes: what `npm run check` runs.
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      // The built program, run as a user runs it; QEMU is a stand-in or absent.
      {
        extends: true,
        test: {
          name: 'cli',
          include: ['test/cli/**/*.test.ts'],
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      // Real QEMU and real guests, one file at a time and after all others: two cores
      // are two vCPUs.
      {
        extends: true,
        test: {
          name: 'vm',
          include: ['test/vm/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      // A host that is broken in every way, in a guest: too long for every run.
      {
        extends: true,
        test: {
          name: 'kvm',
          include: ['test/kvm/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 1_200_000,
          sequence: { groupOrder: 3 },
        },
      },
      // Real guests by the dozen, and other suites and QEMUs: too long for every run.
      {
        extends: true,
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
