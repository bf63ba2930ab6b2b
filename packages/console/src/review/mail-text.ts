/** Mail as plain text: quotes apart, what cannot be seen marked. Nothing in it is ever HTML or a link. */

export type TextPiece =
  | { readonly kind: "text"; readonly text: string }
  /** A character that shows nothing, or turns what shows around it. */
  | { readonly kind: "invisible"; readonly name: string };

export type MailBlock = { readonly kind: "text" | "quote"; readonly text: string };

/** Control and format characters, and letters that fonts leave blank; line breaks and tabs show as they are. */
const invisible =
  /(?![\t\n\r])\p{Cc}|\p{Cf}|[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]|\p{Variation_Selector}/u;

/** The text with each invisible character by its number: "pay" + U+200B + "pal". */
export function markInvisible(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let plain = "";
  for (const character of text) {
    if (!invisible.test(character)) {
      plain += character;
      continue;
    }
    if (plain !== "") pieces.push({ kind: "text", text: plain });
    plain = "";
    const code = character.codePointAt(0) ?? 0;
    pieces.push({ kind: "invisible", name: `U+${code.toString(16).toUpperCase().padStart(4, "0")}` });
  }
  if (plain !== "") pieces.push({ kind: "text", text: plain });
  return pieces;
}

/** Runs of lines, quoted (they begin with ">") and not. */
export function mailBlocks(body: string): MailBlock[] {
  const blocks: { kind: "text" | "quote"; lines: string[] }[] = [];
  for (const line of body.split(/\r\n|\r|\n/)) {
    const kind = line.startsWith(">") ? "quote" : "text";
    const last = blocks.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else blocks.push({ kind, lines: [line] });
  }
  return blocks.map(({ kind, lines }) => ({ kind, text: lines.join("\n") }));
}
