import { appendFileSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareOverlay } from '../../../src/image/overlay.ts';
import { recordPath } from '../../../src/image/overlay-record.ts';
import { readImageInfo } from '../../../src/image/qemu-img.ts';
import { proposeRebase, rebaseOverlay } from '../../../src/image/rebase.ts';
import { needsOfHost } from '../../support/requirements.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { qemuImg, refusalOf, sampleLab } from './sample-lab.ts';

needsOfHost('qemu');

async function movedLab(folder: string) {
  const lab = sampleLab(folder);
  await prepareOverlay(lab.question);
  qemuImg('bench', '-w', '-c', '16', '-f', 'qcow2', lab.privateFile);
  const place = join(folder, 'new place, with a comma.raw');
  renameSync(lab.image, place);
  return { ...lab, to: { ...lab.backing, path: place } };
}

test('a moved image is verified, and the machine starts over it with its changes', async () => {
  using folder = temporaryFolder();
  const lab = await movedLab(folder.path);
  const proposal = await proposeRebase(lab.question.config, lab.to);
  expect(proposal.verdict).toBe('verified');
  await rebaseOverlay(proposal, lab.question);
  expect(await readImageInfo(lab.question, lab.privateFile)).toMatchObject({
    backingName: lab.to.path,
    backingFormat: 'raw',
  });
  const question = { ...lab.question, backing: lab.to };
  expect(await prepareOverlay(question)).toMatchObject({ created: false, warnings: [] });
  expect(qemuImg('check', lab.privateFile)).toContain('No errors');
});

test('another image at the new place is told apart', async () => {
  using folder = temporaryFolder();
  const lab = await movedLab(folder.path);
  appendFileSync(lab.to.path, 'more');
  expect((await proposeRebase(lab.question.config, lab.to)).verdict).toBe('different');
});

test('without a record only the size speaks, for or against', async () => {
  using folder = temporaryFolder();
  const lab = await movedLab(folder.path);
  rmSync(recordPath(lab.privateFile));
  expect((await proposeRebase(lab.question.config, lab.to)).verdict).toBe('unrecorded');
  appendFileSync(lab.to.path, 'more');
  expect((await proposeRebase(lab.question.config, lab.to)).verdict).toBe('different');
});

test('an image that was only touched in its place is accepted, without qemu-img', async () => {
  using folder = temporaryFolder();
  const lab = sampleLab(folder.path);
  await prepareOverlay(lab.question);
  utimesSync(lab.image, 1, 1);
  expect((await refusalOf(prepareOverlay(lab.question))).code).toBe('image-changed');
  const proposal = await proposeRebase(lab.question.config, lab.backing);
  expect(proposal.verdict).toBe('verified');
  await rebaseOverlay(proposal, { ...lab.question, imgBinary: '/nowhere/qemu-img' });
  expect(await prepareOverlay(lab.question)).toMatchObject({ warnings: [] });
});

test('interrupted between record and header, it can be done again', async () => {
  using folder = temporaryFolder();
  const lab = await movedLab(folder.path);
  const failing = { ...lab.question, imgBinary: '/nowhere/qemu-img' };
  const first = await proposeRebase(lab.question.config, lab.to);
  expect((await refusalOf(rebaseOverlay(first, failing))).code).toBe('qemu-missing');
  const question = { ...lab.question, backing: lab.to };
  expect((await refusalOf(prepareOverlay(question))).hint).toContain('utopia image rebase --to');
  await rebaseOverlay(await proposeRebase(lab.question.config, lab.to), lab.question);
  expect(await prepareOverlay(question)).toMatchObject({ created: false });
});

test('no private file, no rebase', async () => {
  using folder = temporaryFolder();
  const lab = sampleLab(folder.path);
  const refusal = await refusalOf(proposeRebase(lab.question.config, lab.backing));
  expect(refusal.code).toBe('overlay-missing');
});
