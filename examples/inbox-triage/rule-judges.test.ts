import { describe, expect, it } from "vitest";
import type { MailPayload } from "./mail-row.ts";
import { readMail } from "./read-mail.ts";
import { judgeHeaders, judgeMail, judgeStructure, judgeWords, ruleJudges } from "./rule-judges.ts";

const plain: MailPayload = {
  risk_score: 0,
  spf_fail: false,
  dkim_fail: false,
  suspicious_keywords: [],
  attachments: [],
  sender_domain_age_days: 30,
  recipient_count: 1,
  subject: "Re: kernel patch",
  excerpt: "The build seems to fail on my server, thanks for the script",
  sender_domain: "project.example",
  marks: [],
  hops: 3,
  date_skew_hours: 0,
  body: { chars: 500, links: 0, ip_links: 0, images: 0, caps_share: 0.05, exclamations: 0, quoted_share: 0 },
};

describe("each judge reads its own side and nothing else", () => {
  const sides = {
    words: {
      subject: "Earn $5000 today!",
      excerpt: "Click to buy cheap products, your best offer, free",
      suspicious_keywords: ["click here", "earn money"],
    },
    headers: {
      spf_fail: true,
      dkim_fail: true,
      sender_domain_age_days: 0,
      recipient_count: 0,
      marks: ["sender_digits", "unnamed_host"],
      date_skew_hours: 50,
    },
    structure: {
      body: {
        chars: 400,
        links: 3,
        ip_links: 2,
        images: 4,
        caps_share: 0.4,
        exclamations: 12,
        quoted_share: 0,
      },
      attachments: ["application/octet-stream .exe"],
    },
  } as const satisfies Record<string, Partial<MailPayload>>;

  it.each(Object.keys(sides) as (keyof typeof sides)[])("%s", (name) => {
    const before = judgeMail(plain);
    const after = judgeMail({ ...plain, ...sides[name] });
    expect(before[name].verdict).toBe("safe");
    expect(after[name].verdict).toBe("quarantine");
    for (const other of (Object.keys(ruleJudges) as (keyof typeof ruleJudges)[]).filter(
      (each) => each !== name,
    )) {
      expect(after[other]).toEqual(before[other]);
    }
  });

  it("none reads the risk score", () => {
    expect(judgeMail({ ...plain, risk_score: 100 })).toEqual(judgeMail(plain));
  });
});

describe("confidence", () => {
  it("grows with the evidence, on either side", () => {
    const some = judgeHeaders({ ...plain, spf_fail: true, dkim_fail: true });
    const more = judgeHeaders({
      ...plain,
      spf_fail: true,
      dkim_fail: true,
      marks: ["sender_digits", "unnamed_host"],
    });
    expect(some.verdict).toBe("quarantine");
    expect(more.confidence).toBeGreaterThan(some.confidence);
    expect(judgeHeaders({ ...plain, marks: ["reply"] }).confidence).toBeGreaterThan(
      judgeHeaders(plain).confidence,
    );
  });

  it("is a whole number of 50-99 for all that stands in the table", () => {
    for (const { payload } of readMail()) {
      for (const { verdict, confidence } of Object.values(judgeMail(payload))) {
        expect(["safe", "quarantine"]).toContain(verdict);
        expect(Number.isInteger(confidence) && confidence >= 50 && confidence <= 99).toBe(true);
      }
    }
  });
});

describe("the judges err, each in its own measure", () => {
  const rows = readMail();
  // The figures of: node examples/inbox-triage/measure-judges.ts
  it.each([
    ["words", judgeWords, 0.916],
    ["headers", judgeHeaders, 0.772],
    ["structure", judgeStructure, 0.875],
  ] as const)("%s is right in %s of the mails", (_, judge, expected) => {
    const right = rows.filter((row) => judge(row.payload).verdict === row.class).length;
    expect(right / rows.length).toBeCloseTo(expected, 2);
  });
});
