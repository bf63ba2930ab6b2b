/** Defines `relearn explain`, which shows an agent's decision on a payload and the contribution of each feature. */

import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import type { ExplainedDecision } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatBar, formatTable, printJson, printText } from "./output.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(
    command
      .argument("<agent>", "name of the agent")
      .argument("<payload>", "JSON object, file that contains one, or - for standard input"),
  )
    .option("--bundle <id>", "bundle to use (default: the active one, else the newest)")
    .addHelpText("after", `\nExample:\n  relearn explain inbox_triage '{"risk_score": 80, "spf_fail": true}'`)
    .action(async (agent: string, payload: string, options: ConnectionOptions & { bundle?: string }) => {
      const document = await readPayload(payload);
      const explained = await withApi(options, (api) =>
        api.post<ExplainedDecision>(path`/v1/agents/${agent}/explanation`, {
          payload: document,
          ...(options.bundle === undefined ? {} : { bundle_id: options.bundle }),
        }),
      );
      if (options.json) return printJson(explained);
      printText(formatExplanation(explained));
    });
};

async function readPayload(argument: string): Promise<Record<string, unknown>> {
  const inline = argument.trimStart().startsWith("{");
  const place = inline ? "The payload" : argument === "-" ? "Standard input" : argument;
  let text = argument;
  if (!inline) {
    try {
      text = argument === "-" ? await readAll(process.stdin) : await readFile(argument, "utf8");
    } catch (cause) {
      throw new RelearnError(
        "invalid_input",
        `Cannot read ${place}: ${(cause as Error).message}. Accepted: a JSON object, a file that contains one, or - for standard input.`,
        { cause },
      );
    }
  }
  let payload: unknown;
  try {
    payload = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new RelearnError("invalid_input", `${place} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    throw new RelearnError(
      "invalid_input",
      `${place} is not a JSON object. Accepted: an object such as {"risk_score": 80}.`,
    );
  }
  return payload as Record<string, unknown>;
}

/** Formats the decision, the sum or the path through the tree that led to it, and the features that had no usable value. */
export function formatExplanation(explained: ExplainedDecision): string {
  const { uncalibrated_probability: raw, probability } = explained;
  const before = raw === probability ? "" : ` (${raw.toFixed(3)} before calibration)`;
  const sections = [
    `${explained.label}   P(${explained.class}) = ${probability.toFixed(3)}${before}\nby ${explained.bundle_id}, ${explained.status}`,
    explained.model_type === "LogisticRegression" ? formatSum(explained) : formatPath(explained),
    ...formatStates(explained),
  ];
  return sections.join("\n\n");
}

function formatSum(explained: Extract<ExplainedDecision, { model_type: "LogisticRegression" }>): string {
  const ordered = [...explained.contributions].sort(
    (a, b) => Math.abs(b.contribution) - Math.abs(a.contribution),
  );
  const largest = Math.max(...ordered.map((one) => Math.abs(one.contribution)), Number.MIN_VALUE);
  const rows = ordered.map(({ feature, value, contribution }) => [
    feature,
    short(value),
    signed(contribution),
    formatBar(Math.abs(contribution) / largest, 16),
  ]);
  return [
    formatTable(
      ["feature", "value", "log-odds", `+ for ${explained.class}, − for ${explained.against}`],
      [...rows, ["(start)", "", signed(explained.intercept)], ["sum", "", signed(explained.log_odds)]],
      ["left", "right", "right"],
    ),
    `The sum is the log-odds of ${explained.class} against ${explained.against}; above 0 the decision is ${explained.class}.`,
  ].join("\n");
}

function formatPath(explained: Extract<ExplainedDecision, { model_type: "DecisionTree" }>): string {
  if (explained.path.length === 0) return "The tree has one leaf and asks no questions.";
  return formatTable(
    ["question", "value", "answer", `share of ${explained.class}`],
    explained.path.map((step) => [
      `${step.feature} ≤ ${short(step.threshold)}?`,
      short(step.value),
      step.side === "at_or_below" ? "yes" : "no",
      `${step.share_before.toFixed(3)} → ${step.share_after.toFixed(3)}`,
    ]),
    ["left", "right", "left", "right"],
  );
}

function formatStates(explained: ExplainedDecision): string[] {
  const notes = (
    [
      ["Not in the payload, default used", explained.absent],
      ["Not usable, default used", explained.invalid],
      ["Clamped to a bound", explained.clamped],
    ] as const
  ).flatMap(([name, features]) => (features.length === 0 ? [] : [`${name}: ${features.join(", ")}`]));
  return notes.length === 0 ? [] : [notes.join("\n")];
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}
