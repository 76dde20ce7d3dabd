import type { ShareWording } from '../launch/share-consent.ts';
import type { FolderUse } from './guest-command.ts';

/** The question before a folder is shared that contains the user's home. Pure. */
export function shareSubject(use: FolderUse): ShareWording {
  return {
    subject: `The command could read${use === 'write' ? ' and change' : ''}`,
    hint: 'Start utopia run in a folder of the lab, or agree with --yes.',
  };
}
