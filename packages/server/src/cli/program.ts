import { Command, CommanderError } from "commander";
import { RelearnError } from "../errors.ts";
import type { DefineCommand } from "./command.ts";
import { EXIT_OK, EXIT_USAGE, toExitCode } from "./exit-code.ts";
import { printable } from "./output.ts";

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Loads the file of the command. Only the command that runs is loaded, which keeps the start fast. */
  readonly load: () => Promise<{ define: DefineCommand }>;
}

/** Commands by the heading under which `relearn help` lists them. */
const commandGroups: Readonly<Record<string, readonly CommandEntry[]>> = {
  "Getting started": [
    {
      name: "demo",
      summary: "Run the loop on real mail and serve the result",
      load: () => import("./demo.ts"),
    },
    {
      name: "doctor",
      summary: "Check the installation and recommend what to do",
      load: () => import("./doctor.ts"),
    },
    {
      name: "serve",
      summary: "Run the service: HTTP API, console and scheduled jobs",
      load: () => import("./serve.ts"),
    },
    {
      name: "status",
      summary: "Show the state of each agent and its next step",
      load: () => import("./status.ts"),
    },
  ],
  Data: [
    { name: "agents", summary: "Manage agents and their definitions", load: () => import("./agents.ts") },
    { name: "conflicts", summary: "List and settle label conflicts", load: () => import("./conflicts.ts") },
    {
      name: "erase",
      summary: "Erase the payloads and notes of a task key or unit id",
      load: () => import("./erase.ts"),
    },
    { name: "examples", summary: "List and export labeled examples", load: () => import("./examples.ts") },
    { name: "feeds", summary: "Turn signals into labeled examples", load: () => import("./feeds.ts") },
    {
      name: "import",
      summary: "Import signals or labeled examples from a JSONL or CSV file",
      load: () => import("./import.ts"),
    },
    {
      name: "stats",
      summary: "Count labeled examples by source, agent and label",
      load: () => import("./stats.ts"),
    },
  ],
  "Review and judges": [
    {
      name: "judges",
      summary: "Evaluate judges and show their reliability",
      load: () => import("./judges.ts"),
    },
    {
      name: "queue-statistics",
      summary: "Show the effect of the labels, and estimates for all traffic",
      load: () => import("./queue-statistics.ts"),
    },
    {
      name: "review",
      summary: "Label review items in the terminal, and manage the review queue",
      load: () => import("./review.ts"),
    },
    { name: "sample", summary: "Select tasks for the review queue", load: () => import("./sample.ts") },
    { name: "weights", summary: "Show and update the weights of judges", load: () => import("./weights.ts") },
  ],
  "Training and release": [
    {
      name: "approvals",
      summary: "Show, approve, edit and reject requests to release a bundle",
      load: () => import("./approvals.ts"),
    },
    {
      name: "bundles",
      summary: "Compare, propose, release, roll back and verify bundles",
      load: () => import("./bundles.ts"),
    },
    {
      name: "canary",
      summary: "Watch and control the running rollout of an agent",
      load: () => import("./canary.ts"),
    },
    {
      name: "explain",
      summary: "Explain an agent's decision on a payload",
      load: () => import("./explain.ts"),
    },
    {
      name: "rollouts",
      summary: "List, abort and replay rollouts, and review overrides",
      load: () => import("./rollouts.ts"),
    },
    {
      name: "train",
      summary: "Train a bundle on an agent's labeled examples",
      load: () => import("./train.ts"),
    },
  ],
  Administration: [
    { name: "audit", summary: "List, export and verify the audit log", load: () => import("./audit.ts") },
    { name: "jobs", summary: "List, run, pause and resume scheduled jobs", load: () => import("./jobs.ts") },
    { name: "keys", summary: "Manage API keys and sessions", load: () => import("./keys.ts") },
    {
      name: "notifications",
      summary: "Manage webhooks for state changes",
      load: () => import("./notifications.ts"),
    },
    { name: "settings", summary: "Show and change settings", load: () => import("./settings.ts") },
  ],
  "Without a database": [
    {
      name: "assign",
      summary: "Print the arm of each id on standard input",
      load: () => import("./assign.ts"),
    },
    {
      name: "fit",
      summary: "Train and evaluate a model on a CSV or JSONL file",
      load: () => import("./fit.ts"),
    },
    { name: "simulate", summary: "Simulate a rollout", load: () => import("./simulate.ts") },
  ],
};

export const commandNames: readonly string[] = Object.values(commandGroups)
  .flatMap((entries) => entries.map(({ name }) => name))
  .concat("help");

/** Runs one command line and returns its exit code; never throws. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const program = new Command("relearn")
    .description(
      "Learn from people's labels and release the result behind a guard: the learning loop for agents built on language models.",
    )
    .version(await readPackageVersion(), "-v, --version", "show the version")
    .showHelpAfterError("To list the commands: relearn help")
    .exitOverride();
  for (const [heading, entries] of Object.entries(commandGroups)) {
    for (const entry of entries) {
      const command = program
        .command(entry.name)
        .helpGroup(`${heading}:`)
        .description(entry.summary)
        .exitOverride()
        .hook("preAction", passOptionsOn);
      if (
        argv.find((argument) => !argument.startsWith("-")) === entry.name ||
        (argv[0] === "help" && argv[1] === entry.name)
      ) {
        (await entry.load()).define(command);
        describeHelp(command, entry.name);
      }
    }
  }
  program
    .helpOption("-h, --help", "show this help")
    .addHelpCommand(
      new Command("help")
        .argument("[command]")
        .helpGroup("Getting started:")
        .description("Show the help of a command"),
    );
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
 * Passes options of a command on to its subcommand. If both have an option of the same name, such as `--json` of
 * `review` and `review list`, commander assigns it to the command, even if it follows the subcommand.
 */
function passOptionsOn(command: Command, subcommand: Command): void {
  if (subcommand === command) return;
  for (const name of command.options.map((option) => option.attributeName())) {
    const source = command.getOptionValueSource(name);
    if (source === "cli") subcommand.setOptionValueWithSource(name, command.getOptionValue(name), source);
  }
}

/** Describes the help of a command and its subcommands, and points to it after a usage error. */
function describeHelp(command: Command, name: string): void {
  command
    .helpOption("-h, --help", "show this help")
    .showHelpAfterError(`For the usage: relearn ${name} --help`);
  if (command.commands.length > 0) command.helpCommand("help [command]", "Show the help of a command");
  for (const subcommand of command.commands) describeHelp(subcommand, `${name} ${subcommand.name()}`);
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

async function readPackageVersion(): Promise<string> {
  const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
  return manifest.version;
}
