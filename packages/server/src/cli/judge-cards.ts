/** `relearn judges cards`: the installation's cards and its panel. */
import type { Command } from "commander";
import { RelearnError } from "../errors.ts";
import type { JudgeReliability } from "../judges/judge-weight-service.ts";
import { path } from "./api.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { cardPage, cardTable, panelText } from "./judge-card-text.ts";
import { printJson, printText } from "./output.ts";

export function defineCards(command: Command): void {
  addConnectionOptions(
    command
      .command("cards")
      .description("How far an agent's judges can be trusted, and what the panel makes of their votes")
      .argument("<agent>"),
  )
    .option("--judge <judge>", "everything about this one, by its name or its identity")
    .action(async (agent: string, options: ConnectionOptions & { judge?: string }) => {
      const report = await withApi(options, (api) => api.get<JudgeReliability>(path`/v1/judges/${agent}`));
      const cards =
        options.judge === undefined
          ? report.cards
          : report.cards.filter((card) => card.judge === options.judge || card.name === options.judge);
      if (options.judge !== undefined && cards.length === 0) {
        throw new RelearnError(
          "not_found",
          `${agent} has no card of a judge ${JSON.stringify(options.judge)}. ${report.cards.length === 0 ? "It has none yet" : `Its cards: ${report.cards.map((card) => card.judge).join(", ")}`}.`,
        );
      }
      if (options.json) return printJson({ ...report, cards });
      if (options.judge !== undefined) return printText(cards.map(cardPage).join("\n\n"));
      printText(describe(report));
    });
}

function describe({ agent, cards, panel, updated_at }: JudgeReliability): string {
  if (updated_at === null) {
    return `The judges of ${agent} have not been weighed yet. Next: relearn weights update --agent ${agent}`;
  }
  if (cards.length === 0) {
    return `Nobody judged a task of ${agent} in the last 180 days. Send evaluation results: relearn import evaluations FILE`;
  }
  return [
    cardTable(cards),
    "",
    ...(panel === null ? [] : [panelText(panel), ""]),
    `As of ${updated_at.slice(0, 16).replace("T", " ")} UTC. Again from the labels there are now: relearn weights update --agent ${agent}`,
  ].join("\n");
}
