import { once } from "node:events";
import { ASSIGNMENT_METHODS, type AssignmentMethod, type PreparedSplit, prepareSplit } from "@relearn/client";
import { type Command, Option } from "commander";
import { RelearnError } from "../errors.ts";

/**
 * Defines `relearn assign`, which prints the arm of each id on standard input. It uses the code that decides in
 * the agent's process, and it streams, so memory does not grow with the number of ids.
 */
export function define(command: Command): void {
  command
    .requiredOption("--salt <salt>", "salt of the rollout (seed in GrowthBook, group in Unleash)")
    .requiredOption("--percent <percent>", "canary share of traffic, 0 to 100, at most two decimals")
    .option("--holdback <percent>", "share at the top of the range that gets neither arm", "0")
    .addOption(
      new Option("--method <method>", "bucketing rule").choices(ASSIGNMENT_METHODS).default("relearn"),
    )
    .option("--json", "print one JSON document per line: unit, arm, bucket")
    .addHelpText("after", "\nReads one id per line and prints `id<TAB>arm` for each, in the same order.")
    .action(async (options: AssignOptions) => {
      const split = parseSplit(options);
      if (process.stdin.isTTY) process.stderr.write("Reading ids, one per line; end with Ctrl-D.\n");
      const emptyLines = await assignStream(process.stdin, writeOut, split, options.json === true);
      if (emptyLines > 0) {
        process.stderr.write(
          `relearn: ${emptyLines} empty ${emptyLines === 1 ? "line was" : "lines were"} skipped: a unit needs an id.\n`,
        );
      }
    });
}

interface AssignOptions {
  readonly salt: string;
  readonly percent: string;
  readonly holdback: string;
  readonly method: AssignmentMethod;
  readonly json?: true;
}

/** Maximum length of a line. Without it, input without line ends would be held in memory. */
const MAX_LINE_BYTES = 1 << 20;
/** Characters to collect before a write, so that ids share a system call. */
const WRITE_SIZE = 1 << 16;

/**
 * Assigns every line of `input` (UTF-8, lines end in LF or CRLF) and passes the text to `write` in pieces.
 * Returns the number of empty lines, which are skipped.
 */
export async function assignStream(
  input: AsyncIterable<Uint8Array>,
  write: (text: string) => Promise<void>,
  split: PreparedSplit,
  asJson: boolean,
): Promise<number> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let lineNumber = 0;
  let emptyLines = 0;
  let rest = "";
  let out = "";

  const assignLine = (line: string): void => {
    lineNumber += 1;
    const unit = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (unit === "") {
      emptyLines += 1;
      return;
    }
    const bucket = split.bucketOf(unit);
    const arm = split.armOfBucket(bucket);
    out += asJson
      ? `{"unit":${JSON.stringify(unit)},"arm":"${arm}","bucket":${bucket}}\n`
      : `${unit}\t${arm}\n`;
  };
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw new RelearnError(
        "invalid_input",
        `Standard input is not UTF-8 after line ${lineNumber}: an id that is read incorrectly could get another arm. Convert the input to UTF-8.`,
        { cause, details: { line: lineNumber } },
      );
    }
  };

  for await (const chunk of input) {
    const text = rest + decode(chunk);
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      assignLine(text.slice(start, end));
      start = end + 1;
      if (out.length >= WRITE_SIZE) {
        await write(out);
        out = "";
      }
    }
    rest = text.slice(start);
    if (rest.length > MAX_LINE_BYTES) {
      throw new RelearnError(
        "invalid_input",
        `Line ${lineNumber + 1} is longer than ${MAX_LINE_BYTES} characters. Accepted: one id per line, separated by line feeds.`,
        { details: { line: lineNumber + 1 } },
      );
    }
  }
  rest += decode();
  if (rest !== "") assignLine(rest);
  if (out !== "") await write(out);
  return emptyLines;
}

function parseSplit(options: AssignOptions): PreparedSplit {
  const canaryBasisPoints = parseBasisPoints("--percent", options.percent);
  const holdbackBasisPoints = parseBasisPoints("--holdback", options.holdback);
  if (options.method === "unleash" && (canaryBasisPoints % 100 !== 0 || holdbackBasisPoints % 100 !== 0)) {
    throw new RelearnError(
      "invalid_input",
      `Unleash has 100 buckets, so --percent and --holdback must be whole percents; got ${options.percent} and ${options.holdback}.`,
    );
  }
  return prepareSplit({ salt: options.salt, canaryBasisPoints, holdbackBasisPoints, method: options.method });
}

/** Parses a typed percentage into whole basis points, from its text so that no rounding occurs. */
function parseBasisPoints(option: string, typed: string): number {
  const parts = /^(\d{1,3})(?:\.(\d{1,2}))?$/.exec(typed.trim());
  const basisPoints =
    parts === null ? Number.NaN : Number(parts[1]) * 100 + Number((parts[2] ?? "").padEnd(2, "0"));
  if (!(basisPoints <= 10_000)) {
    throw new RelearnError(
      "invalid_input",
      `${option} is "${typed}": give a percentage from 0 to 100 with at most two decimals, such as 10 or 12.5.`,
      { details: { option, value: typed } },
    );
  }
  return basisPoints;
}

/** Writes to standard output and waits for a slower reader; ends the process if the reader has closed the pipe. */
async function writeOut(text: string): Promise<void> {
  if (process.stdout.listenerCount("error") === 0) {
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  }
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}
