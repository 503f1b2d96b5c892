import { InvalidArgumentError } from 'commander';

/** A flag's text as a whole number, 0 or more, or the complaint that commander shows. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return Number(text);
}
