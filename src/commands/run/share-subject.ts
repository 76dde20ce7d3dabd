import type { ShareWording } from '../up/share.ts';

/** The question before a folder is shared that contains the user's home. Pure. */
export function shareSubject(writable: boolean): ShareWording {
  return {
    subject: `The command could read${writable ? ' and change' : ''}`,
    hint: 'Start utopia run in a folder of the lab, or agree with --yes.',
  };
}
