/** Exit statuses, after sysexits.h where it has a word for it. Scripts rely on them. */
export const exitStatus = {
  ok: 0,
  bug: 1,
  usage: 64,
  /** EX_DATAERR: what was given to be built has errors. */
  sourceFaulty: 65,
  unavailable: 69,
  /** EX_SOFTWARE: the kernel of a throwaway machine crashed under what ran in it. */
  kernelCrashed: 70,
  cannotCreate: 73,
  tryAgain: 75,
  badConfig: 78,
  /** As timeout(1) of coreutils has it. */
  timedOut: 124,
  interrupted: 130,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/**
 * Every way in which a command can stop on purpose, with the status it exits with.
 * The codes are stable: tests, documentation and scripts name them.
 */
export const errorCodes = {
  usage: exitStatus.usage,
  'unsupported-platform': exitStatus.unavailable,
  'config-invalid': exitStatus.badConfig,
  'file-exists': exitStatus.cannotCreate,
  'cannot-create': exitStatus.cannotCreate,
  'folder-missing': exitStatus.unavailable,
  'folder-unsafe': exitStatus.cannotCreate,
  'path-too-long': exitStatus.cannotCreate,
  'disk-full': exitStatus.cannotCreate,
  'qemu-missing': exitStatus.unavailable,
  'qemu-unsuitable': exitStatus.unavailable,
  'qemu-failed': exitStatus.unavailable,
  'accelerator-unavailable': exitStatus.unavailable,
  'host-not-ready': exitStatus.unavailable,
  'program-missing': exitStatus.unavailable,
  'port-busy': exitStatus.unavailable,
  'image-missing': exitStatus.unavailable,
  'image-unsuitable': exitStatus.unavailable,
  'image-changed': exitStatus.unavailable,
  'image-in-use': exitStatus.tryAgain,
  'image-build-failed': exitStatus.unavailable,
  /** A kernel image, a tree or a configuration that cannot be used. */
  'kernel-unsuitable': exitStatus.unavailable,
  'kernel-unknown': exitStatus.unavailable,
  'kernel-build-failed': exitStatus.sourceFaulty,
  'kernel-busy': exitStatus.tryAgain,
  /** An archive, or a folder, that is not the source it is to be. */
  'source-unsuitable': exitStatus.unavailable,
  'source-unknown': exitStatus.unavailable,
  'qemu-build-failed': exitStatus.sourceFaulty,
  'qemu-busy': exitStatus.tryAgain,
  'download-failed': exitStatus.unavailable,
  'checksum-mismatch': exitStatus.unavailable,
  'overlay-missing': exitStatus.unavailable,
  'overlay-damaged': exitStatus.unavailable,
  'overlay-locked': exitStatus.tryAgain,
  'machine-unknown': exitStatus.unavailable,
  'machine-not-running': exitStatus.unavailable,
  'log-missing': exitStatus.unavailable,
  'machine-running': exitStatus.tryAgain,
  'machine-busy': exitStatus.tryAgain,
  'boot-failed': exitStatus.unavailable,
  'state-unfit': exitStatus.unavailable,
  'snapshot-unknown': exitStatus.unavailable,
  'crash-unknown': exitStatus.unavailable,
  'ssh-unavailable': exitStatus.unavailable,
  'guest-lost': exitStatus.unavailable,
  'guest-exposed': exitStatus.tryAgain,
  'guest-refused': exitStatus.unavailable,
  'copy-failed': exitStatus.unavailable,
  'guest-ended': exitStatus.unavailable,
  'kernel-crashed': exitStatus.kernelCrashed,
  'timed-out': exitStatus.timedOut,
  'exposure-refused': exitStatus.unavailable,
  'consent-needed': exitStatus.unavailable,
  interrupted: exitStatus.interrupted,
} as const satisfies Record<string, ExitStatus>;

export type ErrorCode = keyof typeof errorCodes;

/**
 * A stop that the user should read: what happened (with the name and the value
 * received), and one next action. Anything else that is thrown is a bug in
 * utopia and is printed as one.
 */
export class UtopiaError extends Error {
  override readonly name = 'UtopiaError';
  readonly code: ErrorCode;
  /** One next action, best a command that can be copied. */
  readonly hint: string | undefined;
  /** Lines of evidence shown between message and hint: a console's tail, a list of problems. */
  readonly details: readonly string[];
  readonly status: ExitStatus;

  constructor(
    code: ErrorCode,
    message: string,
    extra: { hint?: string; details?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.code = code;
    this.hint = extra.hint;
    this.details = extra.details ?? [];
    this.status = errorCodes[code];
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
