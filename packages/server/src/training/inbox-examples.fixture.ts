import { seededRandom } from "../numerics/random.ts";
import type { TrainingExample } from "./training-example.ts";

/** Labeled mails for `inbox_triage`: risky ones with failed checks are quarantined, with noise. */
export function inboxExamples(count: number, seed = 1): TrainingExample[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const risk = Math.round(random.uniform() * 100);
    const spf = random.uniform() < 0.3;
    const words = random.below(5);
    const danger = (risk - 55) / 12 + (spf ? 1.5 : -0.5) + 0.4 * words - 0.8 + random.normal();
    return {
      key: `mail-${String(index).padStart(5, "0")}`,
      payload: {
        risk_score: risk,
        spf_fail: spf,
        dkim_fail: random.uniform() < 0.2,
        suspicious_keywords: Array.from({ length: words }, (_, word) => `word-${word}`),
        attachments: [],
        sender_domain_age_days: random.below(4000),
        recipient_count: 1 + random.below(6),
      },
      label: danger > 0 ? "quarantine_approved" : "quarantine_rejected",
      source: "approvals",
      source_id: `approval-${index}`,
      confidence: 100,
      created_at: "2026-01-02T03:04:05.000Z",
    };
  });
}
