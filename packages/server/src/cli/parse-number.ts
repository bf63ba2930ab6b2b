import { InvalidArgumentError } from "commander";

/** Creates a parser of an option that takes a whole number within bounds. */
export function parseWholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text.trim()) || value < min || value > max) {
      throw new InvalidArgumentError(`Accepted: a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

/** Creates a parser of an option that takes a number within bounds. */
export function parseNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(value) || value < min || value > max) {
      throw new InvalidArgumentError(`Accepted: a number from ${min} to ${max}.`);
    }
    return value;
  };
}
