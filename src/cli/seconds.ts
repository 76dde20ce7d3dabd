import { InvalidArgumentError } from 'commander';

/** What a timer of Node's can count: 2^31 milliseconds. A longer one would be over at once. */
const mostSeconds = 2_147_483;

/** A positive number of seconds; commander prints the complaint with the option's name. */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > mostSeconds) {
    throw new InvalidArgumentError(`It can be ${mostSeconds} seconds at most.`);
  }
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a positive number of seconds.');
}
