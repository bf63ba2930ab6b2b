/**
 * Runs the `@example` blocks of docstrings.
 *
 * A block is JavaScript. A line `EXPRESSION // VALUE` claims that the expression has the value, which is a
 * JavaScript expression itself, perhaps followed by an explanation in parentheses after two blanks. The other lines
 * are statements that prepare it. Names exported by the folder's modules are in scope.
 */
import { readFileSync } from "node:fs";

export interface DocFunction {
  readonly name: string;
  readonly line: number;
  /** Lines of its `@example` blocks; empty if it has none. */
  readonly examples: readonly string[];
}

/** One claim of an example: the value of the code and the value in the comment. */
export interface Claim {
  readonly expression: string;
  readonly actual: unknown;
  readonly expected: unknown;
}

/** Lists the exported functions of a source file with the examples of the docstring right above each. */
export function listDocFunctions(path: string): DocFunction[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.flatMap((text, index) => {
    const name = /^export (?:async )?function\*? (\w+)/.exec(text)?.[1];
    return name === undefined ? [] : [{ name, line: index + 1, examples: readExamples(lines, index) }];
  });
}

/**
 * Runs the lines of an example with `scope` as its global names and returns its claims. Rethrows
 * an error of the example.
 */
export async function runExample(
  lines: readonly string[],
  scope: Readonly<Record<string, unknown>>,
): Promise<Claim[]> {
  const claims: Claim[] = [];
  const claim = (expression: string, actual: unknown, expected: unknown): void => {
    claims.push({ expression, actual: toPlain(actual), expected: toPlain(expected) });
  };
  const body = lines.map((line) => {
    const match = /^(?!\s*\/\/)(.*\S)\s+\/\/ (?:→ )?(.*)$/.exec(line);
    if (match === null) return line;
    const expression = match[1]!.replace(/;$/, "");
    const expected = match[2]!.replace(/ {2}\(.*\)$/, "");
    return `__claim(${JSON.stringify(expression)}, await (${expression}), (${expected}));`;
  });
  const names = Object.keys(scope);
  const run = new AsyncFunction("__claim", ...names, body.join("\n"));
  await run(claim, ...names.map((name) => scope[name]));
  return claims;
}

const AsyncFunction = (async () => {}).constructor as new (
  ...source: string[]
) => (...values: unknown[]) => Promise<void>;

function readExamples(lines: readonly string[], declaration: number): string[] {
  if (lines[declaration - 1]?.trim() !== "*/" && !lines[declaration - 1]?.trim().startsWith("/**")) return [];
  let start = declaration - 1;
  while (!lines[start]!.trim().startsWith("/**")) start--;
  const comment = lines.slice(start + 1, declaration - 1).map((line) => line.replace(/^ \* ?/, ""));
  const examples: string[] = [];
  let inside = false;
  for (const line of comment) {
    if (line.startsWith("@")) inside = line.startsWith("@example");
    else if (inside && line.trim() !== "") examples.push(line);
  }
  return examples;
}

/** Rounds numbers to six significant digits and converts typed arrays, so that claims can be compared. */
function toPlain(value: unknown): unknown {
  if (typeof value === "number") return Number(value.toPrecision(6)) + 0;
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<number>, toPlain);
  if (Array.isArray(value)) return value.map(toPlain);
  if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toPlain(entry)]));
  }
  return value;
}
