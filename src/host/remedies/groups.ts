import type { FixCommand } from '../check.ts';
import { outside, type RemedyDetails } from './container-remedy.ts';

/** In a container with logins of its own: makes its user a member of the device's group, by its number. */
export function joinGroupInside({ gid, groupName, user }: RemedyDetails): FixCommand[] {
  const name = groupName ?? 'kvm-outside';
  const make: FixCommand = {
    argv: ['groupadd', '--gid', gid, name],
    root: true,
    why: 'in here: a name for the group that the device has outside',
  };
  const join: FixCommand = {
    argv: ['usermod', '-aG', name, user],
    root: true,
    why: 'in here; counts from the next login in here on',
  };
  return groupName === undefined ? [make, join] : [join];
}

/** Whether the device has a group that a login in here can have; root's is given to nobody. */
export function canJoinInside({ trouble, gid }: RemedyDetails): boolean {
  return trouble === 'group' && gid !== 'GID' && gid !== '0';
}

/** A group of outside has no number in a user namespace; the user's own number outside is known. */
export function letInByNumber({ outsideUid }: RemedyDetails): FixCommand {
  return {
    argv: ['setfacl', '-m', `u:${outsideUid}:rw`, '/dev/kvm'],
    root: true,
    why: `${outside}, until its next boot: the number that this user has there (/proc/self/uid_map)`,
  };
}

/** A sandbox that a user starts keeps the user's groups, although they have no number in it. */
export function joinGroupOutside({ user }: RemedyDetails): FixCommand {
  return {
    argv: ['usermod', '-aG', 'kvm', user],
    root: true,
    why: `${outside}, with the group that \`stat -c %G /dev/kvm\` prints there; it counts in here after a new login there`,
  };
}
