import { describe, expect, it } from "vitest";
import { firedRules, riskScore, type ScoredContent } from "./risk-score.ts";

const content = (text: string, html = "", htmlOnly = false) => ({ text, html, htmlOnly, attachments: [] });
const quiet: ScoredContent = {
  subject: "lunch",
  content: content("Shall we meet at noon?"),
  keywordCount: 0,
  isReply: false,
  quotedShare: 0,
};

describe("each rule fires on what it names, alone", () => {
  it.each<[string, Partial<ScoredContent>]>([
    ["some keywords", { keywordCount: 2 }],
    ["html without plain text", { content: content("hello", "<p>hello", true) }],
    ["coloured text", { content: content("hello", '<font face="x" COLOR="#ff0000">hello') }],
    ["very large text", { content: content("hello", '<font size="+6">hello') }],
    ["form", { content: content("hello", "<form action=x>") }],
    ["script", { content: content("hello", "<script>") }],
    ["link to a bare address", { content: content("http://10.0.0.1/") }],
    ["image and few words", { content: content("hello", "<img src=a>") }],
    ["sums of money", { content: content("only $19.95") }],
    ["percentages", { content: content("up to 40% less") }],
    ["free, in capitals", { content: content("it is FREE") }],
    ["shouting subject", { subject: "BUY NOW" }],
    ["exclamation in the subject", { subject: "hello!" }],
    ["wide gap or code in the subject", { subject: "hello        x7u" }],
    ["many exclamations", { content: content("a! b! c! d! e!") }],
    ["words in capitals", { content: content("WORD ".repeat(10)) }],
    ["how to be removed", { content: content("to be removed from this list") }],
    ["telephone number to call", { content: content("call toll 555-123-4567") }],
    ["answers a mail", { isReply: true }],
    ["quotes a mail", { quotedShare: 0.5 }],
    ["program text or patch", { content: content("diff -u a b") }],
  ])("%s", (name, change) => {
    expect(firedRules(quiet)).toEqual([]);
    expect(firedRules({ ...quiet, ...change })).toEqual([name]);
    const isAgainst = riskScore({ ...quiet, ...change }) > riskScore(quiet);
    expect(isAgainst).toBe(!["answers a mail", "quotes a mail", "program text or patch"].includes(name));
  });

  it("many keywords count on top of some", () => {
    expect(firedRules({ ...quiet, keywordCount: 5 })).toEqual(["some keywords", "many keywords"]);
  });
});

describe("riskScore", () => {
  it("is 0 for an answer that quotes, and stays below 100 when nearly all fires", () => {
    expect(riskScore({ ...quiet, isReply: true, quotedShare: 0.5 })).toBe(0);
    const loud = riskScore({
      ...quiet,
      subject: "FREE!       X1",
      keywordCount: 9,
      content: content(
        `${"CALL NOW! ".repeat(9)} call 555-123-4567, be removed, $5, 9%, http://1.2.3.4/`,
        "<font color=red size=7><form><script><img>",
        true,
      ),
    });
    expect(loud).toBeGreaterThan(95);
    expect(loud).toBeLessThanOrEqual(100);
  });

  it("reads an empty mail", () => {
    expect(riskScore({ ...quiet, subject: "", content: content("") })).toBe(riskScore(quiet));
  });
});
