import { chmodSync, chownSync, lchownSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openNamedFolder, openNamedPlace } from '../../../src/system/named-place.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

// What another account has laid into a folder that is everybody's, as /tmp is.
needsOfHost('root');

/** A user id that no account of a test host has. */
const other = 54_003;

test.each([0o1777, 0o777])(
  'in a folder of mode %o names of others are not entered',
  async (mode) => {
    using folder = temporaryFolder();
    const [everybodys, victim, cwd] = ['tmp', 'victim', 'cwd'].map((name) =>
      join(folder.path, name),
    );
    if (everybodys === undefined || victim === undefined || cwd === undefined) throw new Error();
    for (const path of [everybodys, victim, cwd]) mkdirSync(path);
    chmodSync(everybodys, mode);
    const [theirs, link, own, ownLink] = ['theirs', 'link', 'own', 'own-link'].map((name) =>
      join(everybodys, name),
    );
    if (!theirs || !link || !own || !ownLink) throw new Error();
    mkdirSync(theirs);
    chmodSync(theirs, 0o777);
    chownSync(theirs, other, other);
    symlinkSync(victim, link);
    lchownSync(link, other, other);
    mkdirSync(own);
    symlinkSync(victim, ownLink);

    for (const path of [theirs, link, join(theirs, 'marks'), join(link, 'marks')]) {
      const refusal = { code: 'cannot-create', message: expect.stringContaining('another user') };
      await expect(openNamedFolder(cwd, path, 'hint')).rejects.toMatchObject(refusal);
      const file = join(path, 'm.xml');
      await expect(openNamedPlace(cwd, file, 'hint')).rejects.toMatchObject(refusal);
    }
    expect([...readdirSync(victim), ...readdirSync(theirs)]).toEqual([]);
    for (const path of [own, ownLink, join(everybodys, 'new/marks')]) {
      await using opened = await openNamedFolder(cwd, path, 'hint');
      expect(readdirSync(opened.path('.'))).toEqual([]);
    }
  },
);
