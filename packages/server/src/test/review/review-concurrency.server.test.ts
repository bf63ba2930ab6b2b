import { describe, expect, it, onTestFinished } from "vitest";
import { ManualClock, MINUTE_MS, systemClock } from "../../clock.ts";
import { composeInstallation, type Installation } from "../../compose.ts";
import { openServerDatabase } from "../../db/server-database.ts";
import { seededRandom } from "../../numerics/random.ts";
import { insertReviewItems } from "../../review/review-store.ts";
import { TEST_START, testInstallation } from "../test-installation.ts";
import { reviewItem } from "./review-item.fixture.ts";

const AGENT = "inbox_triage";
const REVIEWERS = 32;

/** Installations with connections of their own to one database, as processes on several machines have. */
async function openSeveral(url: string, count: number, clock: ManualClock): Promise<Installation[]> {
  const installations: Installation[] = [];
  for (let index = 0; index < count; index++) {
    const database = await openServerDatabase({ url, maxConnections: REVIEWERS / count });
    const installation = await composeInstallation(database, { clock });
    installations.push(installation);
    onTestFinished(() => installation.close());
  }
  return installations;
}

describe("32 reviewers at once", () => {
  it("get each item once; none is lost, and killed reviewers' items come back", async () => {
    const first = await testInstallation();
    const items = 320;
    await insertReviewItems(
      first.database.kysely,
      AGENT,
      Array.from({ length: items }, (_, index) => reviewItem(index)),
      { batchId: "rb_1", reviewsNeeded: 1, now: first.clock.now() },
    );
    const clock = new ManualClock(TEST_START);
    const installations = await openSeveral(first.databaseUrl!, 4, clock);
    const claims = new Map<number, string[]>();
    const held = new Map<number, string>();
    const abandoned = new Set<number>();
    const twice: number[] = [];

    const work = async (reviewer: number, dies: boolean): Promise<void> => {
      const actor = `reviewer-${reviewer}`;
      const { review, reviewLeases } = installations[reviewer % installations.length]!;
      const random = seededRandom(systemClock.now().getTime() + reviewer);
      for (;;) {
        const count = 1 + random.below(3);
        const claimed = await reviewLeases.claim(AGENT, { actor, count });
        if (claimed.length === 0) return;
        for (const { item_id } of claimed) {
          if (held.has(item_id)) twice.push(item_id);
          held.set(item_id, actor);
          claims.set(item_id, [...(claims.get(item_id) ?? []), actor]);
        }
        if (dies && random.uniform() < 0.3) {
          for (const { item_id } of claimed) abandoned.add(item_id);
          return;
        }
        for (const { item_id, lease } of claimed) {
          await review.label(item_id, random.uniform() < 0.5 ? "safe" : "quarantine", {
            actor,
            leaseToken: lease!.token!,
          });
          held.delete(item_id);
        }
      }
    };

    // Every fourth reviewer is killed with items in hand.
    await Promise.all(Array.from({ length: REVIEWERS }, (_, index) => work(index, index % 4 === 0)));
    expect(twice).toEqual([]);
    expect([...claims.values()].every((people) => people.length === 1)).toBe(true);
    expect([...held.keys()].sort()).toEqual([...abandoned].sort());

    clock.advance(11 * MINUTE_MS);
    held.clear();
    await Promise.all(Array.from({ length: REVIEWERS }, (_, index) => work(REVIEWERS + index, false)));
    expect(twice).toEqual([]);
    const rows = await first.database.kysely
      .selectFrom("review_items")
      .select((select) => ["state", select.fn.countAll<number>().as("count")])
      .groupBy("state")
      .execute();
    expect(rows).toEqual([{ state: "labeled", count: items }]);
    const examples = await first.database.kysely
      .selectFrom("labeled_examples")
      .select(["key", "labeled_by"])
      .where("superseded_at", "is", null)
      .execute();
    expect(new Set(examples.map((example) => example.key)).size).toBe(items);
    expect(examples).toHaveLength(items);
    const lastClaimant = new Map([...claims].map(([id, people]) => [id, people.at(-1)!]));
    expect(examples.map((example) => example.labeled_by).sort()).toEqual([...lastClaimant.values()].sort());
    expect(await first.audit.verify()).toMatchObject({ intact: true });
  }, 120_000);

  it("give exactly the reviews that an item needs, one person one", async () => {
    const first = await testInstallation();
    const items = 60;
    await insertReviewItems(
      first.database.kysely,
      AGENT,
      Array.from({ length: items }, (_, index) => reviewItem(index)),
      { batchId: "rb_1", reviewsNeeded: 3, now: first.clock.now() },
    );
    const installations = await openSeveral(first.databaseUrl!, 4, first.clock);
    let answers = 0;
    await Promise.all(
      Array.from({ length: REVIEWERS }, async (_, reviewer) => {
        const actor = `reviewer-${reviewer}`;
        const { review, reviewLeases } = installations[reviewer % installations.length]!;
        for (let idle = 0; idle < 3; ) {
          const [item] = await reviewLeases.claim(AGENT, { actor });
          // While others hold the rest there is nothing to claim; it may come back for another review.
          if (item === undefined) {
            idle += 1;
            continue;
          }
          await review.label(item.item_id, "safe", { actor, leaseToken: item.lease!.token! });
          answers += 1;
        }
      }),
    );
    // Whoever was idle may have gone before the last reviews were due: a patient person does the rest.
    for (const actor of ["ana", "ben", "cy"]) {
      for (;;) {
        const [item] = await installations[0]!.reviewLeases.claim(AGENT, { actor });
        if (item === undefined) break;
        await installations[0]!.review.label(item.item_id, "safe", {
          actor,
          leaseToken: item.lease!.token!,
        });
        answers += 1;
      }
    }
    expect(answers).toBe(3 * items);
    const perPerson = await first.database.kysely
      .selectFrom("review_answers")
      .select((select) => ["task_key", "reviewer", select.fn.countAll<number>().as("count")])
      .groupBy(["task_key", "reviewer"])
      .execute();
    expect(perPerson).toHaveLength(3 * items);
    expect(await first.database.kysely.selectFrom("labeled_examples").select("key").execute()).toHaveLength(
      items,
    );
  }, 120_000);

  it("take a submit that arrives 32 times as one", async () => {
    const first = await testInstallation();
    await insertReviewItems(first.database.kysely, AGENT, [reviewItem(0)], {
      batchId: "rb_1",
      reviewsNeeded: 1,
      now: first.clock.now(),
    });
    const installations = await openSeveral(first.databaseUrl!, 4, first.clock);
    const [item] = await installations[0]!.reviewLeases.claim(AGENT, { actor: "ana" });
    const results = await Promise.all(
      Array.from({ length: REVIEWERS }, (_, index) =>
        installations[index % 4]!.review.label(item!.item_id, "safe", {
          actor: "ana",
          leaseToken: item!.lease!.token!,
        }),
      ),
    );
    expect(new Set(results.map((result) => result.answer_id)).size).toBe(1);
    expect(results.filter((result) => !result.repeated)).toHaveLength(1);
    expect(await first.database.kysely.selectFrom("labeled_examples").select("key").execute()).toHaveLength(
      1,
    );
  });
});
