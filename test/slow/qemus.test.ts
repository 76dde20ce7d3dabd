import { testLife } from '../support/qemu-life.ts';
import { nodes, qemuSuites } from '../support/qemu-roots.ts';
import { needsOfHost } from '../support/requirements.ts';

// Every QEMU with every Node: the table of docs/machine.md.
needsOfHost('qemu', 'image-tools', 'root', 'mount-namespaces');

for (const suite of qemuSuites) for (const node of nodes) testLife(suite, node);
