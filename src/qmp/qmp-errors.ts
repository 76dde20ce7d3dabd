import { UtopiaError, type ErrorCode } from '../errors.ts';

/** QEMU understood a command and refused it. */
export class QmpError extends UtopiaError {
  /** The command that was refused. */
  readonly command: string;
  /** QEMU's own class: `GenericError`, `CommandNotFound`, `DeviceNotFound`, … */
  readonly errorClass: string;
  /** QEMU's own sentence. */
  readonly description: string;

  constructor(command: string, errorClass: string, description: string) {
    super('qemu-failed', `QEMU refused the command ${command}: ${description}`);
    this.command = command;
    this.errorClass = errorClass;
    this.description = description;
  }
}

/**
 * Why there is no talking to QEMU: no socket or nobody behind it (`absent`), a
 * socket that takes the connection but does not greet, since it serves one client
 * at a time (`busy`), a connection that ended (`lost`), a command that was not
 * answered in time (`silent`), or something that does not speak QMP (`foreign`).
 */
export type QmpTrouble = 'absent' | 'busy' | 'lost' | 'silent' | 'foreign';

const codeOf: Record<QmpTrouble, ErrorCode> = {
  absent: 'machine-not-running',
  busy: 'machine-busy',
  lost: 'machine-not-running',
  silent: 'machine-busy',
  foreign: 'qemu-failed',
};

/** The control socket cannot be used. */
export class QmpConnectionError extends UtopiaError {
  readonly trouble: QmpTrouble;

  constructor(
    trouble: QmpTrouble,
    message: string,
    extra: { hint?: string; cause?: unknown } = {},
  ) {
    super(codeOf[trouble], message, extra);
    this.trouble = trouble;
  }
}
