import { describe, expect, it } from "vitest";
import { reviewInTerminal } from "../../cli/review-session.ts";
import { scriptedTerminal } from "../../cli/terminal.fixture.ts";
import { MINUTE_MS } from "../../clock.ts";
import { insertReviewItems, type NewReviewItem } from "../../review/review-store.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";
import { reviewItem } from "./review-item.fixture.ts";

const AGENT = "inbox_triage";

async function queue(
  installation: TestInstallation,
  count: number,
  changes: Partial<NewReviewItem> = {},
  reviewsNeeded = 1,
) {
  await insertReviewItems(
    installation.database.kysely,
    AGENT,
    Array.from({ length: count }, (_, index) => reviewItem(index, changes)),
    { batchId: "rb_1", reviewsNeeded, now: installation.clock.now() },
  );
}

async function review(
  installation: TestInstallation,
  script: readonly (readonly [string, string])[],
  person = "ana",
) {
  const terminal = scriptedTerminal(script);
  const session = await reviewInTerminal({ api: installation.as(person), agent: AGENT, ...terminal });
  expect(terminal.stepsLeft()).toBe(0);
  expect(terminal.raw).toEqual([true, false]);
  return { session, text: terminal.text() };
}

async function answers(installation: TestInstallation) {
  return installation.database.kysely
    .selectFrom("review_answers")
    .select(["task_key", "kind", "label", "skip_reason", "notes", "blind"])
    .where("undone_at", "is", null)
    .orderBy("id")
    .execute();
}

describe("relearn review AGENT", () => {
  it("labels by number, skips with a reason, takes a comment, and shows verdicts afterwards alone", async () => {
    const installation = await testInstallation();
    await queue(installation, 3);
    const { session, text } = await review(installation, [
      ["thread-0", "2"],
      ["thread-1", "v"],
      ["gpt-4: safe (80)", "c"],
      ["comment: ", "forged\r"],
      ["forged", "1"],
      ["thread-2", "s"],
      ["2 missing data", "2"],
    ]);
    expect(session).toEqual({ labeled: 2, skipped: 1, undone: 0 });
    expect(text.indexOf("gpt-4")).toBeGreaterThan(text.indexOf("1 of 2 judges agree"));
    expect(text).toContain("Judges disagree (entropy 0.90).");
    expect(text).toContain("No items are waiting for you. To add some: relearn sample inbox_triage");
    expect(await answers(installation)).toMatchObject([
      { task_key: "thread-0", label: "quarantine", notes: null, blind: true },
      { task_key: "thread-1", label: "safe", notes: "forged", blind: true },
      { task_key: "thread-2", kind: "skip", skip_reason: "missing_data" },
    ]);
  });

  it("takes the last answer back, and gives the item at hand free when somebody quits", async () => {
    const installation = await testInstallation();
    await queue(installation, 2);
    const { session } = await review(installation, [
      ["thread-0", "1"],
      ["thread-1", "u"],
      ["Undone: safe of thread-0", "2"],
      ["thread-1", "q"],
    ]);
    expect(session).toEqual({ labeled: 1, skipped: 0, undone: 1 });
    expect(await answers(installation)).toMatchObject([{ task_key: "thread-0", label: "quarantine" }]);
    expect(await installation.reviewLeases.claim(AGENT, { actor: "ben", count: 5 })).toHaveLength(1);
  });

  it("notes an answer as not blind where the verdicts were looked at before", async () => {
    const installation = await testInstallation();
    await queue(installation, 1);
    await review(installation, [
      ["thread-0", "V"],
      ["will not count as blind", "1"],
    ]);
    expect(await answers(installation)).toMatchObject([{ label: "safe", blind: false }]);
  });

  it("keeps keys that nothing is meant by without effect, and pasted text too", async () => {
    const installation = await testInstallation();
    await queue(installation, 2);
    const { session } = await review(installation, [
      ["thread-0", "x"],
      ["1 safe", "9"],
      ["1 safe", "s"],
      ["Why?", "z"],
      ["Not skipped", "u"],
      ["no answer to undo", "1"],
      ["thread-1", "\u0003"],
    ]);
    expect(session).toEqual({ labeled: 1, skipped: 0, undone: 0 });
  });

  it("sends again under a new lease where the old one ran out, and says so where the item is gone", async () => {
    const installation = await testInstallation();
    await queue(installation, 2);
    const api = installation.as("ana");
    const late: typeof api = {
      ...api,
      post: async (path, body, query) => {
        if (path.endsWith("/label")) installation.clock.advance(11 * MINUTE_MS);
        // Somebody else takes the second item while ana thinks about it.
        if (path.endsWith("/label") && path.includes("/2/")) {
          await installation.reviewLeases.claim(AGENT, { actor: "ben" });
        }
        return api.post(path, body, query);
      },
    };
    const terminal = scriptedTerminal([
      ["thread-0", "2"],
      ["thread-1", "1"],
    ]);
    // The first item's label is sent a second time under its new lease, which is not late.
    let sends = 0;
    const session = await reviewInTerminal({
      api: {
        ...late,
        post: (path, body, query) =>
          path.includes("/1/label") && ++sends === 2
            ? api.post(path, body, query)
            : late.post(path, body, query),
      },
      agent: AGENT,
      ...terminal,
    });
    expect(session.labeled).toBe(1);
    expect(terminal.text()).toContain("Not stored: Your lease");
    expect(await answers(installation)).toMatchObject([{ task_key: "thread-0", label: "quarantine" }]);
  });

  it("shows what a payload holds without what drives a terminal", async () => {
    const installation = await testInstallation();
    await queue(installation, 1, {
      payload: { subject: "\u001b]0;owned\u0007\u001b[2J\u202eevil", body: "x".repeat(5000) },
    });
    const { text } = await review(installation, [["subject", "q"]]);
    expect(text).not.toContain("\u001b");
    expect(text).not.toContain("\u202e");
    expect(text).toContain("(cut)");
  });

  it("needs a terminal, and says what to do without one", async () => {
    const installation = await testInstallation();
    const { input, output } = scriptedTerminal([]);
    await expect(
      reviewInTerminal({
        api: installation.as("ana"),
        agent: AGENT,
        input: Object.assign(input, { isTTY: false }),
        output,
      }),
    ).rejects.toThrow("relearn review claim inbox_triage --json");
  });
});
