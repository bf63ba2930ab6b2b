import type {
  AgreementReport,
  AnswerResult,
  DisputedItemDocument,
  ReviewItemDocument,
  ReviewQueueDocument,
  UndoneAnswer,
} from "@relearn/contract";
import { MAX_LEASE_SECONDS } from "@relearn/contract";
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

const itemNumber = parseWholeNumber("ITEM", 1, Number.MAX_SAFE_INTEGER);

export const define: DefineCommand = (command) => {
  addConnectionOptions(
    command.argument("[agent]", "label this agent's items by keys, here in the terminal"),
  ).action(async (agent: string | undefined, options: ConnectionOptions) => {
    if (agent === undefined) return showQueues(options);
    if (options.json) {
      throw new RelearnError(
        "invalid_input",
        `\`relearn review ${agent}\` takes keys and prints no document. For programs: relearn review claim ${agent} --json`,
      );
    }
    await withApi(options, (api) =>
      reviewInTerminal({ api, agent, input: process.stdin, output: process.stdout }),
    );
  });

  addConnectionOptions(
    command.command("queue").description("how many items wait, are leased, disputed, answered, by agent"),
  ).action((options: ConnectionOptions) => showQueues(options));

  addConnectionOptions(command.command("list").description("review items, newest first"))
    .option("--agent <agent>")
    .addOption(new Option("--state <state>").choices(reviewStates))
    .option("--limit <count>", "how many (default: 100)", parseWholeNumber("--limit", 1, 1000))
    .option("--before <item>", "those before this one", itemNumber)
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
        if (items.length === 0) return printText("No item. Put some into the queue: relearn sample AGENT");
        printText(
          formatTable(
            ["item", "agent", "task", "state", "reviews", "with", "why"],
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
    command.command("show").description("one item, as you may see it").argument("<item>", "", itemNumber),
  )
    .option("--reveal", "with what judges said; your answer then counts as not blind")
    .action(async (item: number, options: ConnectionOptions & { reveal?: boolean }) => {
      const document = await withApi(options, (api) =>
        api.get<ReviewItemDocument>(itemPath(item), options.reveal ? { reveal: true } : {}),
      );
      printJson(document);
    });

  addConnectionOptions(
    command
      .command("claim")
      .description("lease the next items to yourself, for programs")
      .argument("<agent>"),
  )
    .option("--count <count>", "how many (default: 1)", parseWholeNumber("--count", 1, 100))
    .option("--resume", "those that you hold already first")
    .option(
      "--lease-seconds <seconds>",
      "how long (default: 600)",
      parseWholeNumber("--lease-seconds", 1, MAX_LEASE_SECONDS),
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
          return printText(`Nothing waits for you. Ask for more: relearn sample ${agent}`);
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
    addConnectionOptions(command.command(name).description(description).argument("<item>", "", itemNumber))
      .option("--lease <token>", "of `review claim`; left out: the item is claimed first")
      .option("--notes <text>", "why; it stays with the label");

  answerOptions("label", "label one item")
    .argument("<label>")
    .action(async (item: number, label: string, options: AnswerCommandOptions) =>
      printAnswer(options, await withApi(options, (api) => answer(api, item, "label", { label }, options))),
    );

  answerOptions("skip", "pass one item over")
    .addOption(new Option("--reason <reason>", "why").choices(skipReasons).makeOptionMandatory())
    .action(async (item: number, options: AnswerCommandOptions & { reason: string }) =>
      printAnswer(
        options,
        await withApi(options, (api) => answer(api, item, "skip", { reason: options.reason }, options)),
      ),
    );

  addConnectionOptions(
    command.command("renew").description("extend a lease that you hold").argument("<item>", "", itemNumber),
  )
    .requiredOption("--lease <token>", "of `review claim`")
    .action(async (item: number, options: ConnectionOptions & { lease: string }) => {
      const renewed = await withApi(options, (api) =>
        api.post<{ expires_at: string }>(`${itemPath(item)}/renew`, { lease_token: options.lease }),
      );
      if (options.json) return printJson(renewed);
      printText(`Item ${item} is yours until ${renewed.expires_at}.`);
    });

  addConnectionOptions(
    command
      .command("release")
      .description("give an item back without an answer")
      .argument("<item>", "", itemNumber),
  )
    .requiredOption("--lease <token>", "of `review claim`")
    .action(async (item: number, options: ConnectionOptions & { lease: string }) => {
      const released = await withApi(options, (api) =>
        api.post<{ released: boolean }>(`${itemPath(item)}/release`, { lease_token: options.lease }),
      );
      if (options.json) return printJson(released);
      printText(released.released ? `Item ${item} waits again.` : `Item ${item} was not yours any more.`);
    });

  addConnectionOptions(command.command("undo").description("take your last answer back"))
    .option("--agent <agent>", "the last of this agent")
    .action(async (options: ConnectionOptions & { agent?: string }) => {
      const undone = await withApi(options, (api) =>
        api.post<UndoneAnswer>("/v1/review/undo", { agent: options.agent }),
      );
      if (options.json) return printJson(undone);
      printText(
        `Taken back: ${undone.undone.label ?? "the skip"} of ${shortened(undone.item.task_key)} (item ${undone.item.item_id}).`,
      );
    });

  addConnectionOptions(
    command
      .command("correct")
      .description("replace the label of a settled item that you labeled")
      .argument("<item>", "", itemNumber)
      .argument("<label>"),
  )
    .option("--notes <text>", "why")
    .action(async (item: number, label: string, options: AnswerCommandOptions) =>
      printAnswer(
        options,
        await withApi(options, (api) =>
          api.post<AnswerResult>(`${itemPath(item)}/correction`, { label, notes: options.notes }),
        ),
      ),
    );

  addConnectionOptions(
    command.command("disputed").description("what reviewers disagree about, without their names"),
  )
    .option("--agent <agent>")
    .action(async (options: ConnectionOptions & { agent?: string }) => {
      const { items } = await withApi(options, (api) =>
        api.get<{ items: DisputedItemDocument[] }>("/v1/review/disputed", { agent: options.agent }),
      );
      if (options.json) return printJson(items);
      if (items.length === 0) return printText("Nobody disagrees.");
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
        "\nNext: relearn review adjudicate ITEM LABEL --rationale TEXT, by somebody who did not label it",
      );
    });

  addConnectionOptions(
    command
      .command("adjudicate")
      .description("settle a dispute")
      .argument("<item>", "", itemNumber)
      .argument("<label>"),
  )
    .requiredOption("--rationale <text>", "why; it stays with the label")
    .action(async (item: number, label: string, options: ConnectionOptions & { rationale: string }) =>
      printAnswer(
        options,
        await withApi(options, (api) =>
          api.post<AnswerResult>(`${itemPath(item)}/adjudication`, { label, rationale: options.rationale }),
        ),
      ),
    );

  addConnectionOptions(
    command.command("agreement").description("how far people agree, and what each did").argument("<agent>"),
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
  if (queues.length === 0) return printText("The queue is empty. Put items into it: relearn sample AGENT");
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

/** Answers under the lease given, or one that is taken for it and given back where the answer is refused. */
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
  if (report.labels === 0) return `Nobody has labeled an item of ${report.agent}.`;
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
