/** Defines `relearn judges cards|methods|results`, which report on the judges of an installation. */
import type { JudgedResult, JudgeReliability, MethodComparison } from "@relearn/contract";
import type { Command } from "commander";
import { RelearnError } from "../errors.ts";
import { path } from "./api.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { cardPage, cardTable, panelText } from "./judge-card-text.ts";
import { formatTable, printJson, printText } from "./output.ts";
import { parseWholeNumber } from "./parse-number.ts";

export function defineCards(command: Command): void {
  addConnectionOptions(
    command
      .command("cards")
      .description("Show the reliability of an agent's judges and the weight of their votes")
      .argument("<agent>"),
  )
    .option("--judge <judge>", "show the whole card of this judge, by name or identity")
    .action(async (agent: string, options: ConnectionOptions & { judge?: string }) => {
      const report = await withApi(options, (api) => api.get<JudgeReliability>(path`/v1/judges/${agent}`));
      const cards =
        options.judge === undefined
          ? report.cards
          : report.cards.filter((card) => card.judge === options.judge || card.name === options.judge);
      if (options.judge !== undefined && cards.length === 0) {
        throw new RelearnError(
          "not_found",
          `${agent} has no card of a judge ${JSON.stringify(options.judge)}. ${report.cards.length === 0 ? "It has no cards yet" : `Its cards: ${report.cards.map((card) => card.judge).join(", ")}`}.`,
        );
      }
      if (options.json) return printJson({ ...report, cards });
      if (options.judge !== undefined) return printText(cards.map(cardPage).join("\n\n"));
      printText(describe(report));
    });
}

export function defineMethods(command: Command): void {
  addConnectionOptions(
    command
      .command("methods")
      .description("Compare the methods that combine an agent's judges, on held-out labels")
      .argument("<agent>"),
  ).action(async (agent: string, options: ConnectionOptions) => {
    const comparison = await withApi(options, (api) =>
      api.get<MethodComparison>(path`/v1/judges/${agent}/methods`),
    );
    if (options.json) printJson(comparison);
    else printText(describeMethods(comparison));
  });
}

function describeMethods({ agent, rows, labels, splits, methods }: MethodComparison): string {
  if (methods.length === 0) {
    return `Too few labeled tasks to hold some out: ${rows} of the 20 needed. Next: relearn review ${agent}, then relearn weights update --agent ${agent}`;
  }
  return [
    formatTable(
      ["method", "log-loss", "", "accuracy", ""],
      methods.map((one) => [
        one.method,
        one.log_loss.toFixed(3),
        `± ${one.standard_error.toFixed(3)}`,
        `${(100 * one.accuracy).toFixed(1)} %`,
        one.in_use ? "in use" : "",
      ]),
      ["left", "right", "right", "right"],
    ),
    "",
    `On labels held out: ${splits} splits of the newest ${rows} labeled tasks, each method fitted on ${labels} of them; ± is the standard error of the log-loss.`,
  ].join("\n");
}

export function defineResults(command: Command): void {
  addConnectionOptions(
    command
      .command("results")
      .description("List the labeled tasks with a verdict of a judge, newest first")
      .argument("<agent>", "name of the agent")
      .argument("<judge>", "identity of the judge, as `judges cards` prints it"),
  )
    .option("--label <class>", "only tasks that people gave this class")
    .option("--verdict <class>", "only tasks that the judge gave this class")
    .option("--limit <count>", "number of tasks to show (default: 100)", parseWholeNumber(1, 1000))
    .action(
      async (
        agent: string,
        judge: string,
        options: ConnectionOptions & { label?: string; verdict?: string; limit?: number },
      ) => {
        const { label, verdict, limit } = options;
        const { results } = await withApi(options, (api) =>
          api.get<{ results: JudgedResult[] }>(path`/v1/judges/${agent}/results`, {
            judge,
            label,
            verdict,
            limit,
          }),
        );
        if (options.json) return printJson(results);
        if (results.length === 0) {
          return printText(`No tasks match. To list the judges: relearn judges cards ${agent}`);
        }
        printText(
          formatTable(
            ["task", "when (UTC)", "label", "verdict", "confidence"],
            results.map((one) => [
              one.task_key,
              one.created_at.slice(0, 16).replace("T", " "),
              one.label,
              one.verdict,
              String(one.confidence),
            ]),
            ["left", "left", "left", "left", "right"],
          ),
        );
      },
    );
}

function describe({ agent, cards, panel, updated_at }: JudgeReliability): string {
  if (updated_at === null) {
    return `The judges of ${agent} have no weights yet. Next: relearn weights update --agent ${agent}`;
  }
  if (cards.length === 0) {
    return `No judge evaluated a task of ${agent} in the last 180 days. Next: relearn import evaluations FILE`;
  }
  return [
    cardTable(cards),
    "",
    ...(panel === null ? [] : [panelText(panel), ""]),
    `As of ${updated_at.slice(0, 16).replace("T", " ")} UTC. To update: relearn weights update --agent ${agent}`,
  ].join("\n");
}
