import type { Fix } from '../check.ts';

/** What keeps a container from /dev/kvm. */
export type Trouble =
  /** It has no such device. */
  | 'absent'
  /** It has not got the group of the device. */
  | 'group'
  /** The device's group has no number in this user namespace. */
  | 'unmapped'
  /** Its control group does not allow the device. */
  | 'denied';

/** What a remedy is filled in with. */
export interface RemedyDetails {
  readonly trouble: Trouble;
  /** Number of the device's group outside, else the word GID. */
  readonly gid: string;
  /** Number of the group kvm in here, else the word GID. */
  readonly insideGid: string;
  /** How the container is called outside, else the word NAME. */
  readonly name: string;
  readonly user: string;
  /** Name in here of the device's group, where it has one. */
  readonly groupName: string | undefined;
  /** Its root is a user of the host outside. */
  readonly userNamespace: boolean;
  /** The number that this user has outside, else the word UID. */
  readonly outsideUid: string;
  /** The devices are those of a control group of version 1. */
  readonly cgroupV1: boolean;
}

/** What is done about a container of one kind. */
export interface ContainerRemedy {
  /** With its article: `a Docker container`. */
  readonly name: string;
  /** It has logins of its own, so groups are given in here. */
  readonly ownLogins?: true;
  readonly remedy: (details: RemedyDetails) => Pick<Fix, 'commands' | 'advice'>;
}

/** On the host outside, as its user. */
export const outside = 'on the host outside';
