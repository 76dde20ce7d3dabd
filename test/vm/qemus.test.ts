import { testLife } from '../support/qemu-life.ts';
import { nodes, qemuSuites } from '../support/qemu-roots.ts';
import { needsOfHost } from '../support/requirements.ts';

// The oldest and the newest QEMU, each with the Node of the other age; the rest: npm run test:qemu.
needsOfHost('qemu', 'image-tools', 'root', 'mount-namespaces');

const [oldest, newest] = [qemuSuites[0], qemuSuites.at(-1)];
if (oldest !== undefined) testLife(oldest, nodes.at(-1) ?? '');
if (newest !== undefined) testLife(newest, nodes[0]);
