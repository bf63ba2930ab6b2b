import { hasPornographicWords } from "./explicit-words.ts";

/**
 * Words and phrases that filters of the time listed: money, urgency, remedies, orders to click or to reply.
 * Written down from common lists, not counted out of this corpus.
 */
const suspiciousKeywords: readonly string[] = [
  "act now",
  "bad credit",
  "bankruptcy",
  "bulk email",
  "cable descrambler",
  "casino",
  "cash bonus",
  "click below",
  "click here",
  "confidential",
  "consolidate",
  "credit card",
  "dear friend",
  "debt",
  "diploma",
  "double your",
  "earn money",
  "enlargement",
  "extra income",
  "financial freedom",
  "free access",
  "free trial",
  "fully refundable",
  "get paid",
  "guaranteed",
  "hair loss",
  "herbal",
  "home based",
  "incredible",
  "inheritance",
  "investment",
  "life insurance",
  "limited time",
  "lose weight",
  "lowest price",
  "make money",
  "million dollars",
  "money back",
  "mortgage",
  "multi-level",
  "next of kin",
  "no cost",
  "no obligation",
  "offer expires",
  "once in a lifetime",
  "opportunity",
  "order now",
  "potency",
  "prescription",
  "promotion",
  "refinance",
  "removal instructions",
  "remove me",
  "risk-free",
  "satisfaction",
  "special offer",
  "this is not spam",
  "toll free",
  "unsecured",
  "urgent",
  "viagra",
  "wealth",
  "weight loss",
  "while supplies last",
  "winner",
  "wire transfer",
  "work at home",
  "work from home",
  "you have been selected",
];

const patterns = suspiciousKeywords.map((keyword) => ({
  keyword,
  pattern: new RegExp(`\\b${keyword.replace(/[ -]/g, "[\\s-]+")}\\b`, "i"),
}));

/** The keywords that stand in the text, each once, in the order of the list; `adult` for pornographic ones. */
export function findSuspiciousKeywords(text: string): string[] {
  const found = patterns.filter(({ pattern }) => pattern.test(text)).map(({ keyword }) => keyword);
  if (hasPornographicWords(text)) found.push("adult");
  return found;
}
