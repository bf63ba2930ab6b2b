import { Command, CommanderError } from "commander";
import { RelearnError } from "../errors.ts";
import type { DefineCommand } from "./command.ts";
import { EXIT_OK, EXIT_USAGE, toExitCode } from "./exit-code.ts";
import { printable } from "./output.ts";

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Loads the command's file; only the command that runs is loaded, so that start-up stays fast. */
  readonly load: () => Promise<{ define: DefineCommand }>;
}

/** Every command in the order of the help text. A new command is a new line and a new file. */
const commands: readonly CommandEntry[] = [
  {
    name: "fit",
    summary: "Train on a CSV or JSONL file, no database needed",
    load: () => import("./fit.ts"),
  },
  {
    name: "assign",
    summary: "which arm each id on standard input gets",
    load: () => import("./assign.ts"),
  },
  {
    name: "demo",
    summary: "Run the loop on real mail, then the service on its result",
    load: () => import("./demo.ts"),
  },
  { name: "serve", summary: "Run the service: HTTP, console and jobs", load: () => import("./serve.ts") },
  {
    name: "agents",
    summary: "The agents under improvement: list, show, suggest, apply",
    load: () => import("./agents.ts"),
  },
  {
    name: "judges",
    summary: "Is my judge any good: cards, methods, results; evaluate, weights, uncertainty of a file",
    load: () => import("./judges.ts"),
  },
  { name: "status", summary: "The loop at a glance, and what to do next", load: () => import("./status.ts") },
  {
    name: "doctor",
    summary: "What is wrong with this installation, and what to do next",
    load: () => import("./doctor.ts"),
  },
  {
    name: "jobs",
    summary: "What runs by itself: list, run, pause, resume, history",
    load: () => import("./jobs.ts"),
  },
  {
    name: "settings",
    summary: "What the installation decides for itself: list, get, set, reset",
    load: () => import("./settings.ts"),
  },
  {
    name: "train",
    summary: "Train a bundle on an agent's labeled examples",
    load: () => import("./train.ts"),
  },
  {
    name: "bundles",
    summary: "Bundles: list, show, diff, propose, apply, rollback, verify",
    load: () => import("./bundles.ts"),
  },
  {
    name: "explain",
    summary: "What an agent decides on a payload, and why",
    load: () => import("./explain.ts"),
  },
  {
    name: "approvals",
    summary: "Requests to release: list, show, approve, edit, reject",
    load: () => import("./approvals.ts"),
  },
  {
    name: "weights",
    summary: "How far judges are trusted: show, update",
    load: () => import("./weights.ts"),
  },
  {
    name: "sample",
    summary: "What a person should look at next, into the review queue",
    load: () => import("./sample.ts"),
  },
  {
    name: "review",
    summary: "Label in the terminal by keys; the queue, disputes, agreement",
    load: () => import("./review.ts"),
  },
  {
    name: "queue-statistics",
    summary: "What the labels bought, and figures about all traffic",
    load: () => import("./queue-statistics.ts"),
  },
  {
    name: "simulate",
    summary: "What will a rollout do to me: the real guard on simulated outcomes",
    load: () => import("./simulate.ts"),
  },
  {
    name: "canary",
    summary: "The rollout that runs: status, watch, check, promote, rollback, pause, resume, kill-switch",
    load: () => import("./canary.ts"),
  },
  {
    name: "rollouts",
    summary: "What was decided, and on what: list, abort, receipts, replay, overrides, review",
    load: () => import("./rollouts.ts"),
  },
  {
    name: "notifications",
    summary: "Who is told of state changes: list, add, test, remove",
    load: () => import("./notifications.ts"),
  },
  {
    name: "import",
    summary: "Read signals or labeled examples from a JSONL or CSV file",
    load: () => import("./import.ts"),
  },
  {
    name: "feeds",
    summary: "Turn signals into labeled examples: load",
    load: () => import("./feeds.ts"),
  },
  {
    name: "examples",
    summary: "Labeled examples: list, export",
    load: () => import("./examples.ts"),
  },
  {
    name: "conflicts",
    summary: "Records that came again with another label: list, settle",
    load: () => import("./conflicts.ts"),
  },
  {
    name: "stats",
    summary: "How many labeled examples there are, by source, agent and label",
    load: () => import("./stats.ts"),
  },
  {
    name: "erase",
    summary: "Take payloads and notes of a key out of every table",
    load: () => import("./erase.ts"),
  },
  {
    name: "keys",
    summary: "Who may come in: create, list, revoke, whoami, sessions, sign-out",
    load: () => import("./keys.ts"),
  },
  { name: "audit", summary: "What happened: list, verify", load: () => import("./audit.ts") },
];

export const commandNames: readonly string[] = commands.map(({ name }) => name).concat("help");

/** Runs one command line and gives the exit code; never throws. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const program = new Command("relearn")
    .description(
      "From people's labels to a guarded release: the learning loop of agents built on language models.",
    )
    .version(await packageVersion(), "-v, --version")
    .showHelpAfterError("Run `relearn help` for the commands.")
    .exitOverride();
  for (const entry of commands) {
    const command = program
      .command(entry.name)
      .description(entry.summary)
      .exitOverride()
      .hook("preAction", handDown);
    if (
      argv.find((word) => !word.startsWith("-")) === entry.name ||
      (argv[0] === "help" && argv[1] === entry.name)
    ) {
      (await entry.load()).define(command);
      pointToHelp(command, entry.name);
    }
  }
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return EXIT_OK;
    }
    await program.parseAsync(argv, { from: "user" });
    return typeof process.exitCode === "number" ? process.exitCode : EXIT_OK;
  } catch (error) {
    return reportError(error, argv.includes("--json"));
  }
}

/**
 * Where a command and its subcommand take an option of one name, as `review` and `review list` take --json, the parser
 * gives it to the command, wherever it stands: it is handed down to the one that acts.
 */
function handDown(command: Command, acting: Command): void {
  if (acting === command) return;
  for (const name of command.options.map((option) => option.attributeName())) {
    const source = command.getOptionValueSource(name);
    if (source === "cli") acting.setOptionValueWithSource(name, command.getOptionValue(name), source);
  }
}

/** A wrong option or a missing argument is answered with the help of the very command. */
function pointToHelp(command: Command, words: string): void {
  command.showHelpAfterError(`\`relearn ${words} --help\` shows what it takes.`);
  for (const part of command.commands) pointToHelp(part, `${words} ${part.name()}`);
}

function reportError(error: unknown, asJson: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  if (error instanceof RelearnError) {
    process.stderr.write(
      asJson
        ? `${JSON.stringify({ error: { code: error.code, message: error.message, details: error.details } })}\n`
        : `relearn: ${printable(error.message)}\n`,
    );
    return toExitCode(error);
  }
  process.stderr.write(
    `relearn: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return toExitCode(error);
}

async function packageVersion(): Promise<string> {
  const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
  return manifest.version;
}
