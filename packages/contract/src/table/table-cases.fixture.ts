/**
 * Files and what every reader makes of them: the reader itself, `relearn fit`, `relearn import` and the
 * console. All have the columns `label` and `text`, which no reader takes for numbers.
 */
export interface TableCase {
  readonly name: string;
  readonly file: string | Uint8Array;
  readonly encoding?: string;
  /** Cells by the line on which the row starts. */
  readonly rows?: readonly (readonly [line: number, label: string, text: string])[];
  readonly badRows?: readonly (readonly [line: number, reason: string])[];
  /** Line and part of the message that ends the reading; rows and bad rows before it count. */
  readonly fault?: readonly [line: number | null, message: string];
}

const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)),
  );
const utf16 = (text: string, bigEndian: boolean): number[] =>
  [...text].flatMap((character) => {
    const code = character.charCodeAt(0);
    return bigEndian ? [code >> 8, code & 0xff] : [code & 0xff, code >> 8];
  });

const stray = "has a quote in the middle of a field";
const behind = "has text behind a closing quote";
const head = "label,text\n";

export const tableCases: readonly TableCase[] = [
  {
    name: "plain",
    file: `${head}a,x\nb,y`,
    rows: [
      [2, "a", "x"],
      [3, "b", "y"],
    ],
  },
  { name: "a byte-order mark", file: `\uFEFF${head}a,x\n`, rows: [[2, "a", "x"]] },
  { name: "semicolons", file: "label;text\na;1,5 x\n", rows: [[2, "a", "1,5 x"]] },
  {
    name: "tabs, and an empty cell",
    file: "label\ttext\na\t\n\tx\n",
    rows: [
      [2, "a", ""],
      [3, "", "x"],
    ],
  },
  { name: "bars", file: 'label|text\n"a|b"|x\n', rows: [[2, "a|b", "x"]] },
  {
    name: "a quoted header with the other delimiter in it",
    file: '"label";"text"\na;"x, y"\n',
    rows: [[2, "a", "x, y"]],
  },
  {
    name: "quotes around delimiters, quotes and line breaks",
    file: `${head}"a, ""b""","x\ny"\n\n"c","""z"""\nd,w\n`,
    rows: [
      [2, 'a, "b"', "x\ny"],
      [5, "c", '"z"'],
      [6, "d", "w"],
    ],
  },
  {
    name: "CRLF, also within quotes",
    file: 'label,text\r\na,"x\r\ny"\r\nb,z\r\n',
    rows: [
      [2, "a", "x\r\ny"],
      [4, "b", "z"],
    ],
  },
  {
    name: "mixed line ends",
    file: 'label,text\r\na,x\nb,"y"\r\nc,z',
    rows: [
      [2, "a", "x"],
      [3, "b", "y"],
      [4, "c", "z"],
    ],
  },
  {
    name: "blank lines, and lines of blanks",
    file: `\n \n${head}\na,x\n   \n\r\nb,y\n`,
    rows: [
      [5, "a", "x"],
      [8, "b", "y"],
    ],
  },
  {
    name: "blanks: trimmed outside quotes, kept within",
    file: ` label , text\n a ,\u00a0x\t\n "b" ,\t" y "\n"","  "\n`,
    rows: [
      [2, "a", "x"],
      [3, "b", " y "],
      [4, "", "  "],
    ],
  },
  {
    name: "empty cells",
    file: `${head},x\n"",""\na,\n`,
    rows: [
      [2, "", "x"],
      [3, "", ""],
      [4, "a", ""],
    ],
  },
  {
    name: "short and long rows",
    file: `${head}a\na,x,\nb,y\n"c"\n"d","x",z\n`,
    rows: [[4, "b", "y"]],
    badRows: [
      [2, "has 1 field, 2 expected"],
      [3, "has 3 fields, 2 expected"],
      [5, "has 1 field, 2 expected"],
      [6, "has 3 fields, 2 expected"],
    ],
  },
  {
    name: "text behind a closing quote (I3)",
    file: `${head}"a"tail,x\nb,"y" z\n"c"" ""d",x\n"" "e",x\nf,"say ""hi"" "\n`,
    rows: [
      [4, 'c" "d', "x"],
      [6, "f", 'say "hi" '],
    ],
    badRows: [
      [2, behind],
      [3, behind],
      [5, behind],
    ],
  },
  {
    name: "quotes in the middle of a field",
    file: `${head}a,5" pipe\nb,x "y" z\nc,5" by 6"\nd,x\ne,it's 7"\n`,
    rows: [[5, "d", "x"]],
    badRows: [
      [2, stray],
      [3, stray],
      [4, stray],
      [6, stray],
    ],
  },
  {
    name: "a quote that is never closed",
    file: `${head}a,x\n"b",y\nc,"one\ntwo\nd,z\n`,
    rows: [
      [2, "a", "x"],
      [3, "b", "y"],
    ],
    fault: [4, "opens a quote that is never closed"],
  },
  {
    name: "a quote that is never closed, behind others of its record",
    file: `${head}"a\nb","x ""y""\n`,
    fault: [3, "opens a quote that is never closed"],
  },
  {
    name: "a quote that is closed too late",
    file: `${head}a,"one\nb,"two"\nc,x\n`,
    fault: [2, "opens a quote that has text behind its end in line 3"],
  },
  {
    name: "a quote that is never closed in the header",
    file: 'label,"text\na,b\n',
    fault: [1, "opens a quote that is never closed"],
  },
  { name: "a stray quote in the header", file: 'label,te"xt\na,b\n', fault: [1, stray] },
  {
    name: "a repeated header",
    file: `${head}a,x\n${head}b,y\n"label","text"\n`,
    rows: [
      [2, "a", "x"],
      [4, "b", "y"],
    ],
    badRows: [
      [3, "repeats the header"],
      [5, "repeats the header"],
    ],
  },
  {
    name: "two files put together, each with a byte-order mark",
    file: `\uFEFF${head}a,x\n\uFEFF${head}\uFEFFb,y\n`,
    rows: [
      [2, "a", "x"],
      [4, "b", "y"],
    ],
    badRows: [[3, "repeats the header"]],
  },
  { name: "a byte-order mark within a cell", file: `${head}a,x\uFEFFy\n`, rows: [[2, "a", "x\uFEFFy"]] },
  {
    name: "two columns of one name",
    file: "label,text,label \n",
    fault: [1, 'names the column "label" twice (columns 1 and 3)'],
  },
  {
    name: "a column without a name",
    file: ",label,text\n0,a,x\n",
    fault: [1, "gives column 1 of 3 no name"],
  },
  {
    name: "the line that tells Excel the delimiter (I10)",
    file: "sep=;\nlabel;text\na;x\n",
    fault: [1, 'is "sep=;", which tells Excel'],
  },
  {
    name: "carriage returns alone",
    file: "label,text\ra,x\rb,y",
    fault: [1, "ends in a carriage return alone"],
  },
  {
    name: "a carriage return within a row",
    file: `${head}a,x\ry\nb,"x\ry"\n"c"\r,z\nd\r,w\n`,
    rows: [[3, "b", "x\ry"]],
    badRows: [
      [2, "has a carriage return"],
      [4, "has a carriage return"],
      [5, "has a carriage return"],
    ],
  },
  {
    name: "zero bytes",
    file: `${head}a,x\0\n"b","\0"\nc,z\n`,
    rows: [[4, "c", "z"]],
    badRows: [
      [2, "has a zero byte"],
      [3, "has a zero byte"],
    ],
  },
  { name: "UTF-16 without a mark", file: bytes(utf16(`${head}a,x\n`, false)), fault: [1, "has a zero byte"] },
  {
    name: "UTF-16LE with a mark (I10)",
    file: bytes(utf16(`\uFEFF${head}ä,"x\nŁ"\nb,y`, false)),
    rows: [
      [2, "ä", "x\nŁ"],
      [4, "b", "y"],
    ],
  },
  {
    name: "UTF-16BE with a mark",
    file: bytes(utf16(`\uFEFF${head}ä,\u0a0a\n`, true)),
    rows: [[2, "ä", "\u0a0a"]],
  },
  {
    name: "UTF-16LE by name",
    file: bytes(utf16(`${head}ä,\u0a00x\n`, false)),
    encoding: "utf-16le",
    rows: [[2, "ä", "\u0a00x"]],
  },
  {
    name: "Latin-1 read as UTF-8 (I1)",
    file: bytes(`${head}b,ä\n`, "m", [0xfc], "ller,x\nc,y\n"),
    rows: [[2, "b", "ä"]],
    fault: [3, "has the byte 0xFC at offset 17, which is not valid UTF-8"],
  },
  {
    name: "windows-1252 by name (I1)",
    file: bytes(head, "m", [0xfc], "ller,", [0x80], "\n"),
    encoding: "windows-1252",
    rows: [[2, "müller", "€"]],
  },
  {
    name: "a character that the end of the file cuts off",
    file: bytes(`${head}a,x`, [0xe2, 0x82]),
    fault: [2, "has the bytes 0xE2 0x82 at offset 14"],
  },
  {
    name: "an encoding that is none",
    file: head,
    encoding: "klingon",
    fault: [null, 'cannot be read: the encoding "klingon" is unknown'],
  },
  {
    name: "a spreadsheet",
    file: bytes("PK", [3, 4], "label,text\n"),
    fault: [null, "is a spreadsheet or a ZIP archive, not text"],
  },
];
