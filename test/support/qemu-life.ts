import { expect, test } from 'vitest';
import { install } from './earlier-release.ts';
import { testImage } from './image.ts';
import { makeLab } from './lab.ts';
import { liveThrough } from './machine-life.ts';
import { packProgram } from './program.ts';
import {
  enterRoot,
  nodeProgram,
  qemuRoot,
  qemuVersionIn,
  SuiteMissing,
  type QemuSuite,
} from './qemu-roots.ts';
import { skipBecause } from './requirements.ts';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * A test that lives through a machine's life with a suite's QEMU, from the packed tarball under a
 * Node. A suite that cannot be installed today is a skip with its reason, and a failure with
 * UTOPIA_REQUIRE_QEMUS=1.
 */
export function testLife(of: QemuSuite, node: string): void {
  const name = `the life of a machine with the QEMU of ${of.suite} under Node ${node}`;
  test(name, { timeout: 1_800_000 }, async (context) => {
    const parts = installed(() => ({ root: qemuRoot(of), program: nodeProgram(node) }));
    if (typeof parts === 'string') {
      skipBecause(context, parts, 'UTOPIA_REQUIRE_QEMUS');
      return;
    }
    const backing = await testImage();
    using root = enterRoot(parts.root);
    const version = qemuVersionIn(root);
    if (of.qemu !== undefined) expect(version).toMatch(new RegExp(`^${of.qemu}\\.`));
    using folder = temporaryFolder();
    await using lab = await makeLab({
      backing,
      config: ['UTOPIA_MEMORY_MB=512'],
      within: root.within,
      node: parts.program,
      program: install(packProgram(folder.path), folder.path),
    });
    const startedAt = performance.now();
    await liveThrough(lab);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.log(`QEMU ${version} (${of.suite}), Node ${node}: ${seconds} s`);
  });
}

/** What `make` gives, or why it cannot today. */
function installed<Parts>(make: () => Parts): Parts | string {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof SuiteMissing)) throw error;
    return error.message;
  }
}
