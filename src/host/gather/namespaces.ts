import { namespaceSettings } from '../facts/namespaces.ts';
import type { NamespaceFacts } from '../facts/machine-facts.ts';
import type { HostSource } from '../source/host-source.ts';
import type { Ask } from './asking.ts';

/** A program that starts makes one in some milliseconds; a host that is busy takes longer. */
const trialTimeoutMs = 10_000;

/** Looks for a setting that restricts user namespaces, and only where there is one tries to make one. */
export async function gatherNamespaces(source: HostSource, ask: Ask): Promise<NamespaceFacts> {
  for (const { name, restricts } of namespaceSettings) {
    const path = `/proc/sys/${name.replaceAll('.', '/')}`;
    const value = (await ask(path, async () => await source.readText(path)))?.trim();
    if (value !== restricts) continue;
    const works = await ask(
      'user namespaces',
      async () => await source.tryNamespace(),
      trialTimeoutMs,
    );
    return { setting: { path, value }, works };
  }
  return { setting: undefined, works: undefined };
}
