import { InvalidArgumentError } from 'commander';

// Values of options; commander prints the complaint with the option's name.

/** What a timer of Node's can count: 2^31 milliseconds. A longer one would be over at once. */
const mostSeconds = 2_147_483;

/** A positive number of seconds. */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > mostSeconds) {
    throw new InvalidArgumentError(`It can be ${mostSeconds} seconds at most.`);
  }
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a positive number of seconds.');
}

/** Disks are looked at once a second, and a busy host is late with that: less would end a guest that works. */
const leastStallSeconds = 5;

/** Seconds without a sign of life after which a guest is given up on. */
export function stallSeconds(text: string): number {
  const value = seconds(text);
  if (value >= leastStallSeconds) return value;
  throw new InvalidArgumentError(`It must be ${leastStallSeconds} seconds or more.`);
}

/** A number of seconds, up to a day. */
export function secondsOfDay(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value <= 86_400) return value;
  throw new InvalidArgumentError('It must be a number of seconds, up to a day.');
}

/** A whole number above 0. */
export function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

/** A whole number, 0 included. */
export function countFromZero(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

/** Factors of sizes, as in 64K. */
const sizeUnits: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** Text of so much is escaped in memory for JSON and XML; --logs writes whole streams. */
const mostOutputBytes = 64 * 2 ** 20;

export function outputSize(text: string): number {
  const value = size(text);
  if (value <= mostOutputBytes) return value;
  throw new InvalidArgumentError('At most 64M are kept in a report; --logs DIR has more.');
}

/** A size in bytes: `65536`, `64K`, `1M`, `2G`. */
export function size(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,12})([KMG]?)i?B?$/i.exec(text) ?? [];
  const value = Number(digits) * (sizeUnits[unit.toUpperCase()] ?? 1);
  if (value > 0) return value;
  throw new InvalidArgumentError('It must be a size above 0, as in 65536, 64K, 1M or 2G.');
}
