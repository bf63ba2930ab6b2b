import {
  type AgreementReport,
  type AnswerResult,
  type DisputedItemDocument,
  MAX_LEASE_SECONDS,
  type ReviewItemDocument,
  type ReviewQueueDocument,
  type UndoneAnswer,
} from "@relearn/contract";
import { reviewStates, skipReasons } from "@relearn/contract/values";
import { Option } from "commander";
import { RelearnError } from "../errors.ts";
import { type Api, path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { formatTable, printJson, printText } from "./output.ts";
import { parseWholeNumber } from "./parse-number.ts";
import { reviewInTerminal } from "./review-session.ts";

interface AnswerCommandOptions extends ConnectionOptions {
  readonly lease?: string;
  readonly notes?: string;
}

const itemNumber = parseWholeNumber(1, Number.MAX_SAFE_INTEGER);

export const define: DefineCommand = (command) => {
  addConnectionOptions(
    command.argument(
      "[agent]",
      "label the items of this agent in the terminal, by keys (default: show the queues)",
    ),
  ).action(async (agent: string | undefined, options: ConnectionOptions) => {
    if (agent === undefined) return showQueues(options);
    if (options.json) {
      throw new RelearnError(
        "invalid_input",
        `\`relearn review ${agent}\` is interactive and has no --json. For programs: relearn review claim ${agent} --json`,
      );
    }
    await withApi(options, (api) =>
      reviewInTerminal({ api, agent, input: process.stdin, output: process.stdout }),
    );
  });

  addConnectionOptions(command.command("queue").description("Count the items of each agent by state")).action(
    (options: ConnectionOptions) => showQueues(options),
  );

  addConnectionOptions(command.command("list").description("List review items, newest first"))
    .option("--agent <agent>", "only items of this agent")
    .addOption(new Option("--state <state>", "only items in this state").choices(reviewStates))
    .option("--limit <count>", "number of items to show (default: 100)", parseWholeNumber(1, 1000))
    .option("--before <item>", "only items before this one", itemNumber)
    .action(
      async (
        options: ConnectionOptions & { agent?: string; state?: string; limit?: number; before?: number },
      ) => {
        const { agent, state, limit, before } = options;
        const { items, next_before } = await withApi(options, (api) =>
          api.get<{ items: ReviewItemDocument[]; next_before: number | null }>("/v1/review/items", {
            agent,
            state,
            limit,
            before,
          }),
        );
        if (options.json) return printJson(items);
        if (items.length === 0) return printText("There are no items. To add some: relearn sample AGENT");
        printText(
          formatTable(
            ["item", "agent", "task", "state", "reviews", "leased by", "reason"],
            items.map((item) => [
              String(item.item_id),
              item.agent,
              shortened(item.task_key),
              item.state,
              `${item.reviews_done}/${item.reviews_needed}`,
              item.lease?.reviewer ?? "",
              item.why,
            ]),
            ["right"],
          ),
        );
        if (next_before !== null) printText(`There are more: --before ${next_before}`);
      },
    );

  addConnectionOptions(
    command
      .command("show")
      .description("Show an item, without verdicts")
      .argument("<item>", "number of the item", itemNumber),
  )
    .option("--reveal", "show the verdicts; your answer then does not count as blind")
    .action(async (item: number, options: ConnectionOptions & { reveal?: boolean }) => {
      const document = await withApi(options, (api) =>
        api.get<ReviewItemDocument>(itemPath(item), options.reveal ? { reveal: true } : {}),
      );
      printJson(document);
    });

  addConnectionOptions(
    command
      .command("claim")
      .description("Lease the next items to yourself, for programs")
      .argument("<agent>"),
  )
    .option("--count <count>", "number of items (default: 1)", parseWholeNumber(1, 100))
    .option("--resume", "return the items that you already hold first")
    .option(
      "--lease-seconds <seconds>",
      "duration of the lease (default: 600)",
      parseWholeNumber(1, MAX_LEASE_SECONDS),
    )
    .action(
      async (
        agent: string,
        options: ConnectionOptions & { count?: number; resume?: boolean; leaseSeconds?: number },
      ) => {
        const { items } = await withApi(options, (api) =>
          api.post<{ items: ReviewItemDocument[] }>("/v1/review/claim", {
            agent,
            count: options.count,
            resume: options.resume,
            lease_seconds: options.leaseSeconds,
          }),
        );
        if (options.json) return printJson(items);
        if (items.length === 0)
          return printText(`No items are waiting for you. To add some: relearn sample ${agent}`);
        printText(
          formatTable(
            ["item", "task", "lease", "until (UTC)"],
            items.map((item) => [
              String(item.item_id),
              shortened(item.task_key),
              item.lease?.token ?? "",
              item.lease?.expires_at.slice(0, 16).replace("T", " ") ?? "",
            ]),
            ["right"],
          ),
        );
      },
    );

  const answerOptions = (name: string, description: string) =>
    addConnectionOptions(
      command.command(name).description(description).argument("<item>", "number of the item", itemNumber),
    )
      .option("--lease <token>", "token from `review claim` (default: claim the item first)")
      .option("--notes <text>", "reason, stored with the label");

  answerOptions("label", "Label an item")
    .argument("<label>", "label, a class of the agent")
    .action(async (item: number, label: string, options: AnswerCommandOptions) =>
      printAnswer(options, await withApi(options, (api) => answer(api, item, "label", { label }, options))),
    );

  answerOptions("skip", "Skip an item")
    .addOption(new Option("--reason <reason>", "reason").choices(skipReasons).makeOptionMandatory())
    .action(async (item: number, options: AnswerCommandOptions & { reason: string }) =>
      printAnswer(
        options,
        await withApi(options, (api) => answer(api, item, "skip", { reason: options.reason }, options)),
      ),
    );

  addConnectionOptions(
    command
      .command("renew")
      .description("Extend a lease that you hold")
      .argument("<item>", "number of the item", itemNumber),
  )
    .requiredOption("--lease <token>", "token from `review claim`")
    .action(async (item: number, options: ConnectionOptions & { lease: string }) => {
      const renewed = await withApi(options, (api) =>
        api.post<{ expires_at: string }>(`${itemPath(item)}/renew`, { lease_token: options.lease }),
      );
      if (options.json) return printJson(renewed);
      printText(`Item ${item} is leased to you until ${renewed.expires_at}.`);
    });

  addConnectionOptions(
    command
      .command("release")
      .description("Release an item without an answer")
      .argument("<item>", "number of the item", itemNumber),
  )
    .requiredOption("--lease <token>", "token from `review claim`")
    .action(async (item: number, options: ConnectionOptions & { lease: string }) => {
      const released = await withApi(options, (api) =>
        api.post<{ released: boolean }>(`${itemPath(item)}/release`, { lease_token: options.lease }),
      );
      if (options.json) return printJson(released);
      printText(
        released.released ? `Item ${item} is released.` : `Item ${item} was no longer leased to you.`,
      );
    });

  addConnectionOptions(command.command("undo").description("Undo your last answer"))
    .option("--agent <agent>", "undo your last answer for this agent")
    .action(async (options: ConnectionOptions & { agent?: string }) => {
      const undone = await withApi(options, (api) =>
        api.post<UndoneAnswer>("/v1/review/undo", { agent: options.agent }),
      );
      if (options.json) return printJson(undone);
      printText(
        `Undone: ${undone.undone.label ?? "the skip"} of ${shortened(undone.item.task_key)} (item ${undone.item.item_id}).`,
      );
    });

  addConnectionOptions(
    command
      .command("correct")
      .description("Replace your label of a settled item")
      .argument("<item>", "number of the item", itemNumber)
      .argument("<label>", "label, a class of the agent"),
  )
    .option("--notes <text>", "reason, stored with the label")
    .action(async (item: number, label: string, options: AnswerCommandOptions) =>
      printAnswer(
        options,
        await withApi(options, (api) =>
          api.post<AnswerResult>(`${itemPath(item)}/correction`, { label, notes: options.notes }),
        ),
      ),
    );

  addConnectionOptions(
    command
      .command("disputed")
      .description("List the items on which reviewers disagree, without their names"),
  )
    .option("--agent <agent>", "only items of this agent")
    .action(async (options: ConnectionOptions & { agent?: string }) => {
      const { items } = await withApi(options, (api) =>
        api.get<{ items: DisputedItemDocument[] }>("/v1/review/disputed", { agent: options.agent }),
      );
      if (options.json) return printJson(items);
      if (items.length === 0) return printText("There are no disputed items.");
      printText(
        formatTable(
          ["item", "agent", "task", "answers"],
          items.map((item) => [
            String(item.item_id),
            item.agent,
            shortened(item.task_key),
            item.answers.map((one) => `${one.who}: ${one.label}`).join(", "),
          ]),
          ["right"],
        ),
      );
      printText(
        "\nNext: relearn review adjudicate ITEM LABEL --rationale TEXT, by a person who did not label the item",
      );
    });

  addConnectionOptions(
    command
      .command("adjudicate")
      .description("Settle a dispute")
      .argument("<item>", "number of the item", itemNumber)
      .argument("<label>", "label, a class of the agent"),
  )
    .requiredOption("--rationale <text>", "reason, stored with the label")
    .action(async (item: number, label: string, options: ConnectionOptions & { rationale: string }) =>
      printAnswer(
        options,
        await withApi(options, (api) =>
          api.post<AnswerResult>(`${itemPath(item)}/adjudication`, { label, rationale: options.rationale }),
        ),
      ),
    );

  addConnectionOptions(
    command
      .command("agreement")
      .description("Show the agreement of reviewers and their figures")
      .argument("<agent>"),
  ).action(async (agent: string, options: ConnectionOptions) => {
    const report = await withApi(options, (api) =>
      api.get<AgreementReport>(path`/v1/review/agreement/${agent}`),
    );
    if (options.json) return printJson(report);
    printText(describeAgreement(report));
  });
};

const itemPath = (item: number): string => path`/v1/review/items/${String(item)}`;

async function showQueues(options: ConnectionOptions): Promise<void> {
  const { queues } = await withApi(options, (api) =>
    api.get<{ queues: ReviewQueueDocument[] }>("/v1/review/queue"),
  );
  if (options.json) return printJson(queues);
  if (queues.length === 0) return printText("The queue is empty. To add items: relearn sample AGENT");
  printText(
    formatTable(
      ["agent", "waiting", "leased", "disputed", "labeled", "skipped", "expired"],
      queues.map((queue) => [
        queue.agent,
        ...[queue.waiting, queue.leased, queue.disputed, queue.labeled, queue.skipped, queue.expired].map(
          String,
        ),
      ]),
      ["left", "right", "right", "right", "right", "right", "right"],
    ),
  );
  const busiest = queues.find((queue) => queue.waiting > 0);
  if (busiest !== undefined) printText(`\nNext: relearn review ${busiest.agent}`);
}

/** Answers under the given lease, or under a new one that is released if the answer is refused. */
async function answer(
  api: Api,
  item: number,
  verb: "label" | "skip",
  body: Readonly<Record<string, string>>,
  options: AnswerCommandOptions,
): Promise<AnswerResult> {
  const send = (token: string) =>
    api.post<AnswerResult>(`${itemPath(item)}/${verb}`, {
      ...body,
      lease_token: token,
      notes: options.notes,
    });
  if (options.lease !== undefined) return send(options.lease);
  const claimed = await api.post<ReviewItemDocument>(`${itemPath(item)}/claim`, {});
  const token = claimed.lease?.token ?? "";
  try {
    return await send(token);
  } catch (error) {
    await api.post(`${itemPath(item)}/release`, { lease_token: token });
    throw error;
  }
}

function printAnswer(options: ConnectionOptions, result: AnswerResult): void {
  if (options.json) {
    printJson(result);
    return;
  }
  const { judges_agreeing: judges } = result.revealed;
  const agreeing =
    judges === null || judges.verdicts === 0 ? "" : ` ${judges.agreeing} of ${judges.verdicts} judges agree.`;
  printText(
    `Item ${result.item_id} (${shortened(result.task_key)}): ${result.label ?? "skipped"}, ${result.state}.${agreeing}`,
  );
}

function describeAgreement(report: AgreementReport): string {
  if (report.labels === 0) return `No item of ${report.agent} has a label yet.`;
  const number = (value: number | null): string => (value === null ? "-" : value.toFixed(3));
  const reviewers = formatTable(
    ["reviewer", "labels", "skips", "shared", "as settled", "kappa", "estimated", "median seconds"],
    Object.entries(report.reviewers).map(([name, figures]) => [
      name,
      String(figures.labels),
      String(figures.skips),
      String(figures.shared),
      figures.shared === 0 ? "-" : `${((100 * figures.agreeing) / figures.shared).toFixed(0)} %`,
      number(figures.kappa),
      number(figures.estimated_accuracy),
      figures.median_seconds === null ? "-" : figures.median_seconds.toFixed(0),
    ]),
    ["left", ...Array<"right">(7).fill("right")],
  );
  const pairs = formatTable(
    ["pair", "items", "agreement", "kappa"],
    report.pairs.map((pair) => [
      pair.reviewers.join(", "),
      String(pair.items),
      `${(100 * pair.agreement).toFixed(0)} %`,
      number(pair.kappa),
    ]),
    ["left", "right", "right", "right"],
  );
  return [
    `${report.labels} labels, ${report.shared_items} items with two or more. Krippendorff's alpha ${number(report.krippendorff_alpha)}.`,
    "",
    reviewers,
    ...(report.pairs.length === 0 ? [] : ["", pairs]),
  ].join("\n");
}

function shortened(key: string): string {
  return key.length <= 40 ? key : `${key.slice(0, 39).toWellFormed()}…`;
}
