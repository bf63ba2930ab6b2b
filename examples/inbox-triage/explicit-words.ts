/**
 * Words that a table which is read in offices shall not show. Some of the corpus is the vilest spam of its
 * day: taking single words out does not make it fit to read, so such texts are withheld whole.
 */

/**
 * Found inside longer words too, and with a digit or a star in place of a letter, as spam writes them. The
 * length around is bounded, so that a hostile text costs no more than its length.
 */
const pornographic =
  /\b[\w-]{0,30}(?:p[o0*]rn|blowjob|puss(?:y|ies)|penis|cumshot|orgasm|orgies|orgy|masturbat|nympho|lolita|incest|bestial|horny|hardcore|ejaculat|vagina|facials|barely.?legal|striptease|bukak)[\w-]{0,30}|\b(?:xxx+|milfs?|(?:rape|forced|live) sex|bares? (?:it )?all|see me naked|hot girl ?friends)\b/gi;

/** Taken out as well, but also said by people who are only angry. */
const coarse =
  /\b(?:\w*f[u*-]ck\w*|cunts?|c[o0*]cks?|t[i*]t(?:s|is|ties)|cum|anal|sluts?|whor\w+|sh[i*]t\w*|wads?|erections?|erotic\w*)\b/gi;

/** Harmless one by one; in a crowd they tell what the text is. */
const suggestive =
  /\b(?:sex\w{0,5}|adults?|teens?|amateurs?|webcams?|hott?(?:ies?|est|tt+)|lesb\w+|babes?|babe|girls?|girlfriends?|nude|naked|nasty|kinky|rapes?|raped|fetish|lust\w*|wives|intimate|animals?|paysites?|at least 18|18 years|over 18|dorm|wild|horse)\b/gi;

/** Whether a text has pornographic words. */
export function hasPornographicWords(text: string): boolean {
  return text.search(pornographic) >= 0;
}

/** Whether a text is better not shown at all: words of the lists above, several together. */
export function isExplicit(text: string): boolean {
  const hard = distinct(text, pornographic) + distinct(text, coarse);
  const soft = distinct(text, suggestive);
  return hard + soft >= 5 || (hard >= 1 && hard + soft >= 2) || soft >= 4;
}

/** The text with `[adult]` in place of each pornographic or coarse word. */
export function maskExplicitWords(text: string): string {
  return text.replace(pornographic, "[adult]").replace(coarse, "[adult]");
}

function distinct(text: string, words: RegExp): number {
  return new Set((text.match(words) ?? []).map((word) => word.toLowerCase())).size;
}
