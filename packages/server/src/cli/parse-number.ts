import { InvalidArgumentError } from "commander";

/** Reads an option's whole number within bounds; the message says what is accepted. */
export function parseWholeNumber(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text.trim()) || value < min || value > max) {
      throw new InvalidArgumentError(
        `${option} takes a whole number from ${min} to ${max}; this is "${text}".`,
      );
    }
    return value;
  };
}

/** Reads an option's number within bounds. */
export function parseNumber(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(value) || value < min || value > max) {
      throw new InvalidArgumentError(`${option} takes a number from ${min} to ${max}; this is "${text}".`);
    }
    return value;
  };
}
