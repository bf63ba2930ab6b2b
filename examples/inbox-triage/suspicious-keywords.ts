import { hasPornographicWords } from "./explicit-words.ts";

/**
 * Words and phrases on the lists of spam filters of 2002: money, urgency, remedies, requests to click or to reply.
 * They come from common lists, not from this corpus.
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

/** Returns the keywords that occur in the text, each once, in the order of the list; `adult` for pornographic words. */
export function findSuspiciousKeywords(text: string): string[] {
  const found = patterns.filter(({ pattern }) => pattern.test(text)).map(({ keyword }) => keyword);
  if (hasPornographicWords(text)) found.push("adult");
  return found;
}
