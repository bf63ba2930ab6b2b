/**
 * Words that the table must not show. Some texts of the corpus are not fit to be shown even without single words,
 * so they are withheld as a whole.
 */

/**
 * Pornographic words, also inside longer words and with a digit or a star instead of a letter. The length around a
 * match is bounded, so that the time is linear in the length of the text.
 */
const pornographic =
  /\b[\w-]{0,30}(?:p[o0*]rn|blowjob|puss(?:y|ies)|penis|cumshot|orgasm|orgies|orgy|masturbat|nympho|lolita|incest|bestial|horny|hardcore|ejaculat|vagina|facials|barely.?legal|striptease|bukak)[\w-]{0,30}|\b(?:xxx+|milfs?|(?:rape|forced|live) sex|bares? (?:it )?all|see me naked|hot girl ?friends)\b/gi;

/** Coarse words; they are masked as well, but are also used in anger. */
const coarse =
  /\b(?:\w*f[u*-]ck\w*|cunts?|c[o0*]cks?|t[i*]t(?:s|is|ties)|cum|anal|sluts?|whor\w+|sh[i*]t\w*|wads?|erections?|erotic\w*)\b/gi;

/** Words that are harmless one by one; several together indicate a pornographic text. */
const suggestive =
  /\b(?:sex\w{0,5}|adults?|teens?|amateurs?|webcams?|hott?(?:ies?|est|tt+)|lesb\w+|babes?|babe|girls?|girlfriends?|nude|naked|nasty|kinky|rapes?|raped|fetish|lust\w*|wives|intimate|animals?|paysites?|at least 18|18 years|over 18|dorm|wild|horse)\b/gi;

/** Returns whether a text has pornographic words. */
export function hasPornographicWords(text: string): boolean {
  return text.search(pornographic) >= 0;
}

/** Returns whether a text must be withheld: it has several words of the lists above. */
export function isExplicit(text: string): boolean {
  const hard = distinct(text, pornographic) + distinct(text, coarse);
  const soft = distinct(text, suggestive);
  return hard + soft >= 5 || (hard >= 1 && hard + soft >= 2) || soft >= 4;
}

/** Replaces each pornographic or coarse word by `[adult]`. */
export function maskExplicitWords(text: string): string {
  return text.replace(pornographic, "[adult]").replace(coarse, "[adult]");
}

function distinct(text: string, words: RegExp): number {
  return new Set((text.match(words) ?? []).map((word) => word.toLowerCase())).size;
}
