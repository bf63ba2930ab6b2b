import { expect, test } from "vitest";
import { transitionSentences } from "./transition-sentences.ts";

test("the stored sentences of rules 1 are those of Relearn 0.1, letter for letter", () => {
  const { started, activeChanged, edited, notApproved, notStarted, ...plain } = transitionSentences;
  expect(plain).toEqual({
    deployedInFull: "Deployed to 100 % without a canary.",
    completed: "Completed.",
    promoted: "Promoted.",
    paused: "Paused.",
    resumed: "Resumed.",
    resumedFromScratch: "Resumed; the evidence starts anew.",
    approved: "Approved.",
    rejected: "Rejected.",
    aborted: "Aborted.",
    killSwitchOn: "Kill switch turned on.",
    rolledBack: "Rolled back.",
  });
  expect(started(10)).toBe("Started at 10 %.");
  expect(activeChanged("b_1")).toBe("The active bundle changed to b_1.");
  expect(activeChanged(null)).toBe("The active bundle changed to none.");
  expect(edited("b_2", "b_1")).toBe("b_2 takes the place of b_1; approvals given before count no more.");
  expect(notApproved("2026-03-02T12:00:00.000Z")).toBe("Not approved by 2026-03-02T12:00:00.000Z.");
  expect(notStarted("2026-03-02T12:00:00.000Z")).toBe("Not started by 2026-03-02T12:00:00.000Z.");
});
