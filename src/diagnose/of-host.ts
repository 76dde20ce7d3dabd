import { diagnosisIds, type DiagnosisId } from './diagnosis.ts';

/** The last cause that QEMU itself is; those behind it are the guest's, but for two. */
const lastOfQemu = diagnosisIds.indexOf('qemu-exited');

/** Whether QEMU or this host is the reason, and not what runs in the guest. Pure. */
export function isOfHost(id: DiagnosisId): boolean {
  const isOther = id === 'host-shutdown' || id === 'disk-full';
  return isOther || diagnosisIds.indexOf(id) <= lastOfQemu;
}
