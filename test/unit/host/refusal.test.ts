import { join } from 'node:path';
import { expect, it } from 'vitest';
import { explainRefusal } from '../../../src/host/refusal.ts';
import { openFixture } from '../../../src/host/source/fixture-source.ts';

const hosts = join(import.meta.dirname, '../../../fixtures/hosts');

it.each([
  ['stale-session', 'session-lacks-group', 'kvm'],
  ['stale-linger', 'session-lacks-group', 'kvm'],
  ['ldap-member', 'session-lacks-group', 'kvm'],
  ['not-in-group', 'not-in-group', undefined],
  // Groups of a container come from outside: sg cannot take one there.
  ['docker-gid', 'session-lacks-group', undefined],
  ['modules-unloaded', 'module-not-loaded', undefined],
])('%s: %s, and the group that this login could take is %s', async (name, cause, group) => {
  const source = await openFixture(join(hosts, name));
  const refusal = await explainRefusal(source, new AbortController().signal);
  expect([refusal.cause, refusal.group]).toEqual([cause, group]);
});
