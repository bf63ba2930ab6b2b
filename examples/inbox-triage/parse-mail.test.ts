import { describe, expect, it } from "vitest";
import { addressesIn, decodeWords, getHeader, getHeaders, parseMail, parseMailDate } from "./parse-mail.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const parseLines = (...lines: string[]) => parseMail(bytes(lines.join("\n")));

describe("headers", () => {
  it("unfolds continuation lines, keeps the order, takes names in any case", () => {
    const mail = parseLines("Received: from a", "\tby b", "RECEIVED: from c", "Subject:  hello ", "", "body");
    expect(getHeaders(mail, "received")).toEqual(["from a by b", "from c"]);
    expect(getHeader(mail, "subject")).toBe("hello");
    expect(getHeader(mail, "date")).toBeNull();
    expect(mail.parts).toEqual([{ type: "text/plain", disposition: "none", fileName: null, text: "body" }]);
  });

  it("takes sender and time from the mbox line", () => {
    const mail = parseLines("From timc@2ubh.com  Thu Aug 22 13:52:59 2002", "Subject: x", "", "y");
    expect(mail.mboxSender).toBe("timc@2ubh.com");
    expect(new Date(mail.mboxTimeMs!).toISOString()).toBe("2002-08-22T13:52:59.000Z");
    expect(getHeader(mail, "subject")).toBe("x");
  });

  it("steps over a broken line between headers and begins the body where no header follows", () => {
    const inside = parseLines("Subject: a", "this is no header", "To: b@c.de", "", "body");
    expect(getHeader(inside, "to")).toBe("b@c.de");
    const bodyAtOnce = parseLines("Subject: a", "Dear friend", "buy this", "and that");
    expect(getHeader(bodyAtOnce, "subject")).toBe("a");
    expect(bodyAtOnce.parts[0]?.text).toBe("Dear friend\nbuy this\nand that");
  });

  it("reads CRLF as LF, and nothing as a mail without anything", () => {
    expect(parseMail(bytes("A: 1\r\nB: 2\r\n\r\nx\r\ny")).parts[0]?.text).toBe("x\ny");
    const nothing = parseMail(bytes(""));
    expect(nothing.headers).toEqual([]);
    expect(nothing.parts[0]?.text).toBe("");
  });
});

describe("MIME", () => {
  it("walks nested multiparts and decodes each part", () => {
    const mail = parseLines(
      'Content-Type: multipart/mixed; boundary="out er"',
      "",
      "This is a multi-part message",
      "--out er",
      "Content-Type: multipart/alternative; boundary=inner",
      "",
      "--inner",
      "Content-Type: text/plain; charset=iso-8859-1",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      "caf=E9 and a soft=",
      " break   ",
      "--inner",
      "Content-Type: text/html",
      "Content-Transfer-Encoding: BASE64",
      "",
      Buffer.from("<b>hello</b>").toString("base64"),
      "--inner--",
      "--out er",
      'Content-Type: application/zip; name="a.zip"',
      'Content-Disposition: attachment; filename="=?iso-8859-1?Q?b=E9.zip?="',
      "",
      "UEsDBA==",
      "--out er--",
      "after the end",
    );
    expect(mail.parts).toEqual([
      { type: "text/plain", disposition: "none", fileName: null, text: "café and a soft break" },
      { type: "text/html", disposition: "none", fileName: null, text: "<b>hello</b>" },
      { type: "application/zip", disposition: "attachment", fileName: "bé.zip", text: "" },
    ]);
  });

  it("reads a multipart whose boundary never closes, and one that names none", () => {
    const open = parseLines(
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "",
      "first",
      "--b",
      "",
      "second",
    );
    expect(open.parts.map((part) => part.text)).toEqual(["first", "second"]);
    const foreign = parseLines("Content-Type: multipart/mixed; boundary=a", "", "--b", "", "text");
    expect(foreign.parts.map((part) => part.text)).toEqual(["--b\n\ntext"]);
    const none = parseLines("Content-Type: multipart/mixed", "", "--b", "text");
    expect(none.parts).toEqual([
      { type: "text/plain", disposition: "none", fileName: null, text: "--b\ntext" },
    ]);
  });

  it("does not take a longer line that begins like a boundary for one", () => {
    const mail = parseLines("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "--bb", "x", "--b--");
    expect(mail.parts.map((part) => part.text)).toEqual(["--bb\nx"]);
  });

  it("decodes base64 with line breaks, and with foreign text after the padding", () => {
    const encoded = Buffer.from("win a prize now").toString("base64");
    const mail = parseLines("Content-Transfer-Encoding: base64", "", encoded.slice(0, 7), encoded.slice(7));
    expect(mail.parts[0]?.text).toBe("win a prize now");
    const padded = parseLines("Content-Transfer-Encoding: base64", "", "aGVsbG8h aGk=", "--", "list footer");
    expect(padded.parts[0]?.text.startsWith("hello!hi")).toBe(true);
  });

  it("guesses UTF-8, then windows-1252, where the character set is unknown or missing", () => {
    expect(
      parseLines("Content-Type: text/plain; charset=DEFAULT_CHARSET", "", "caf\xe9").parts[0]?.text,
    ).toBe("café");
    expect(parseLines("", Buffer.from("naïve").toString("latin1")).parts[0]?.text).toBe("naïve");
    const chinese = parseLines("Content-Type: text/plain; charset=big5", "", "\xa4\xa4\xa4\xe5");
    expect(chinese.parts[0]?.text).toBe("中文");
  });

  it("stays within bounds for nesting without end and for enormous lines", () => {
    const nested = Array.from({ length: 50 }, () => [
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
    ]).flat();
    expect(parseLines(...nested, "", "deep").parts.length).toBeLessThanOrEqual(100);
    const many = parseLines(
      "Content-Type: multipart/mixed; boundary=b",
      "",
      ...Array<string>(5000).fill("--b\n\nx"),
    );
    expect(many.parts).toHaveLength(100);
    const started = performance.now();
    parseLines(`To: ${"(".repeat(200_000)}`, `Subject: ${"=?".repeat(100_000)}`, "", " ".repeat(500_000));
    parseLines("Content-Transfer-Encoding: quoted-printable", "", `${" ".repeat(300_000)}x`);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe("encoded words", () => {
  it.each([
    ["=?iso-8859-1?Q?Gr=FC=DFe_aus?= Wien", "Grüße aus Wien"],
    ["=?utf-8?B?w6k=?= =?utf-8?B?w6k=?=", "éé"],
    ["=?no-such-set?Q?a=62c?=", "abc"],
    ["=?utf-8?X?broken?= stays", "=?utf-8?X?broken?= stays"],
    ["raw \xfcber", "raw über"],
    ["", ""],
  ])("%j is %j", (value, expected) => {
    expect(decodeWords(value)).toBe(expected);
  });
});

describe("addresses", () => {
  it.each([
    ['"Doe, Jane" <Jane@Example.com>, joe@x.org (Joe)', ["jane@example.com", "joe@x.org"]],
    ["undisclosed-recipients:;", []],
    ["Friends: a@b.c, d@e.f;", ["a@b.c", "d@e.f"]],
    ["no address", []],
    ['"books@books"@shop.com', ["quoted@shop.com"]],
    ['"fake@name.com" <real@host.com>', ["real@host.com"]],
  ])("%j has %j", (value, expected) => {
    expect(addressesIn(value)).toEqual(expected);
  });
});

describe("dates", () => {
  // From python3's email.utils.parsedate_to_datetime(…).astimezone(utc); the year 102 from RFC 5322, 4.3.
  it.each([
    ["Thu, 22 Aug 2002 13:52:38 +0100", "2002-08-22T12:52:38.000Z"],
    ["Thu, 22 Aug 2002 08:52:58 -0400 (EDT)", "2002-08-22T12:52:58.000Z"],
    ["22 Aug 02 12:53 PDT", "2002-08-22T19:53:00.000Z"],
    ["Mon, 1 Jul 102 09:00:00 GMT", "2002-07-01T09:00:00.000Z"],
    ["Thu Aug 22 13:52:59 2002", "2002-08-22T13:52:59.000Z"],
    ["Sat, 8 Jun 2002 1:5:3 -0500", "2002-06-08T06:05:03.000Z"],
    ["Sat, 24-Aug-2002 01:02:03 +0530", "2002-08-23T19:32:03.000Z"],
  ])("%j is %s", (value, expected) => {
    const time = parseMailDate(value);
    expect(time === null ? null : new Date(time).toISOString()).toBe(expected);
  });

  it.each([
    "",
    "yesterday",
    "32 Foo 2002 10:00",
    "Thu, 22 Aug 2002",
    "40 Aug 2002 10:00:00",
    "1 Aug 2002 25:00:00",
  ])("%j is none", (value) => {
    expect(parseMailDate(value)).toBeNull();
  });
});
