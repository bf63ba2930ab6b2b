import { describe, expect, it } from "vitest";
import { type CorpusFile, deriveRow, deriveRows } from "./derive-row.ts";
import type { MailClass } from "./mail-row.ts";

function file(lines: readonly string[], kind: MailClass = "safe"): CorpusFile {
  return { bytes: Buffer.from(lines.join("\n"), "latin1"), class: kind, folder: "made-by-hand" };
}

const pitch = [
  "Return-Path: <offers77123@bigdeals.example>",
  "Received: from unknown (HELO mx.elsewhere.example) (10.1.2.3) by mail.home.example; Thu, 22 Aug 2002 10:00:00 +0000",
  "From: Best Offers <offers77123@bigdeals.example>",
  "Reply-To: answers@third.example",
  "To: a@home.example, b@home.example",
  "Cc: A@home.example, c@home.example",
  "Subject: MAKE MONEY FAST!     x7123",
  "Date: Sun, 25 Aug 2002 10:00:00 +0000",
  "Message-ID: <1@fourth.example>",
  'Content-Type: multipart/mixed; boundary="m"',
  "",
  "--m",
  "Content-Type: text/html",
  "",
  '<html><font color="red" size=7>Dear Friend,</font> click here: <a href="http://10.9.8.7/x?id=joe@home.example">FREE</a>',
  '<img src="http://pics.example/a.gif">Write to joe.doe@home.example or call 555 123 4567!!!</html>',
  "--m",
  'Content-Type: application/octet-stream; name="Jane Doe.EXE"',
  "",
  "MZ",
  "--m--",
];

const answer = [
  "Return-Path: <list-admin@lists.project.example>",
  "Received: from localhost (localhost [127.0.0.1]) by home.example; Fri, 23 Aug 2002 11:00:01 +0100",
  "Received: from mail.project.example (mail.project.example [10.0.0.9]) by home.example; Fri, 23 Aug 2002 11:00:00 +0100",
  "From: jane@project.example",
  "To: list@lists.project.example",
  "Subject: Re: [list] kernel patch",
  "In-Reply-To: <0@project.example>",
  "List-Id: <list.lists.project.example>",
  "Message-ID: <2@mail.project.example>",
  "",
  "On Thu, 22 Aug 2002, Joe wrote:",
  "> does it work?",
  "It does, see http://project.example/private/path?user=jane",
  "-- ",
  "Jane, telephone 555 123 4567",
];

describe("deriveRow", () => {
  it("reads unwanted mail: keywords, stand-ins, recipients, attachments, shape", () => {
    const row = deriveRow(file(pitch, "quarantine"))!;
    expect(row).toMatchObject({ date: "2002-08-22T10:00:00Z", class: "quarantine", folder: "made-by-hand" });
    expect(row.key).toMatch(/^mail-[0-9a-f]{12}$/);
    expect(row.payload).toMatchObject({
      spf_fail: true,
      dkim_fail: true,
      suspicious_keywords: ["click here", "dear friend", "make money"],
      attachments: ["application/octet-stream .exe"],
      recipient_count: 3,
      sender_domain: "bigdeals.example",
      marks: ["reply_to_mismatch", "sender_digits", "unnamed_host", "html_only"],
      hops: 1,
      date_skew_hours: 72,
    });
    expect(row.payload.body).toMatchObject({ links: 2, ip_links: 1, images: 1, exclamations: 3 });
    expect(row.payload.risk_score).toBeGreaterThan(80);
  });

  it("reads an answer on a list: signed for, quoted, low score", () => {
    const { payload } = deriveRow(file(answer))!;
    expect(payload).toMatchObject({
      risk_score: 0,
      spf_fail: false,
      dkim_fail: false,
      suspicious_keywords: [],
      attachments: [],
      recipient_count: 1,
      marks: ["reply", "list"],
      date_skew_hours: null,
    });
    expect(payload.body.quoted_share).toBeGreaterThan(0.1);
    expect(payload.excerpt).toBe("It does, see [link project.example]");
  });

  it("keeps no address, number, path or file name of a person", () => {
    const line = JSON.stringify(deriveRow(file(pitch)));
    for (const personal of ["joe", "offers77123", "answers", "555", "id=", "Jane"]) {
      expect(line).not.toContain(personal);
    }
    expect(line).toMatch(/u-[0-9a-f]{6}@home\.example/);
  });

  it("gives the same row whatever class it is told, but for the class", () => {
    const safe = deriveRow(file(pitch, "safe"));
    const quarantine = deriveRow(file(pitch, "quarantine"));
    expect({ ...safe, class: "x" }).toEqual({ ...quarantine, class: "x" });
  });

  it("dates by the last receiver, then the mbox line, then Date; leaves out what nothing dates", () => {
    const date = "Date: Thu, 22 Aug 2002 01:00:00 +0000";
    expect(deriveRow(file([date, "", "x"]))?.date).toBe("2002-08-22T01:00:00Z");
    expect(deriveRow(file(["From a@b.c Fri Aug 23 02:00:00 2002", date, "", "x"]))?.date).toBe(
      "2002-08-23T02:00:00Z",
    );
    expect(deriveRow(file(["Received: by x; nonsense", date, "", "x"]))?.date).toBe("2002-08-22T01:00:00Z");
    expect(deriveRow(file(["Subject: never", "", "x"]))).toBeNull();
    expect(deriveRow(file([]))).toBeNull();
  });

  it("reads a mail that has a date and nothing else", () => {
    const row = deriveRow(file(["Date: Thu, 22 Aug 2002 01:00:00 +0000"]))!;
    expect(row.payload).toMatchObject({
      spf_fail: false,
      dkim_fail: true,
      recipient_count: 0,
      sender_domain: "",
      subject: "",
      excerpt: "",
      date_skew_hours: 0,
    });
    expect(row.payload.body).toMatchObject({ chars: 0, caps_share: 0, quoted_share: 0 });
  });

  it("cuts long texts between characters and drops control characters", () => {
    const text = `=?utf-8?B?${Buffer.from("😀".repeat(150)).toString("base64")}?=`;
    const row = deriveRow(
      file([`Subject: ${text}`, "Date: 22 Aug 2002 01:00", "", `a\x00\x07b ${"word ".repeat(99)}`]),
    )!;
    expect(Array.from(row.payload.subject)).toHaveLength(100);
    expect(row.payload.subject.isWellFormed()).toBe(true);
    expect(row.payload.excerpt.startsWith("a b word")).toBe(true);
    expect(Array.from(row.payload.excerpt).length).toBeLessThanOrEqual(160);
  });

  it("reads a hostile megabyte in a moment", () => {
    const started = process.cpuUsage();
    for (const body of [
      " ".repeat(1e6),
      "(".repeat(1e6),
      "<!--".repeat(2e5),
      "a@".repeat(5e5),
      "1".repeat(1e6),
      "call ".repeat(2e5),
      "<p ".repeat(3e5),
      "<font ".repeat(1e5),
      `<script>${"</script ".repeat(1e5)}`,
      "a-".repeat(5e5),
      "remove ".repeat(1e5),
      "&#".repeat(5e5),
      "=?a?q?".repeat(1e5),
    ]) {
      deriveRow(
        file([`From: ${body.slice(0, 1e5)}`, "Date: 22 Aug 2002 01:00", "Content-Type: text/html", "", body]),
      );
      deriveRow(file([`Received: from ${"a".repeat(1e5)}`, "Date: 22 Aug 2002 01:00", "", body]));
    }
    // Processor time, so that a busy machine does not count; what grows with the square takes hours.
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(20);
  });
});

describe("deriveRows", () => {
  const at = (day: number, domain: string, id: string) =>
    file([`From: a@mail.${domain}`, `Message-ID: <${id}>`, `Date: ${day} Aug 2002 12:00 +0000`, "", id]);

  it("sorts by arrival and counts a domain's age from its first mail, whatever the order of the files", () => {
    const files = [
      at(9, "one.example", "c"),
      at(2, "one.example", "a"),
      at(5, "two.co.uk", "b"),
      at(9, "one.co.uk", "d"),
    ];
    const forth = deriveRows(files);
    expect(
      forth.rows.map(({ payload }) => [payload.sender_domain, payload.sender_domain_age_days]).sort(),
    ).toEqual([
      ["one.co.uk", 0],
      ["one.example", 0],
      ["one.example", 7],
      ["two.co.uk", 0],
    ]);
    expect(forth.rows.map((row) => row.date)).toEqual(forth.rows.map((row) => row.date).sort());
    expect(deriveRows(files.toReversed())).toEqual(forth);
  });

  it("keeps the first of two copies and counts what it leaves out", () => {
    const copy = [...answer];
    copy[1] = copy[1]!.replace("23 Aug", "24 Aug");
    const { rows, duplicates, undated } = deriveRows([
      file(copy),
      file(answer),
      file(["Subject: never", "", ""]),
    ]);
    expect(rows.map((row) => row.date)).toEqual(["2002-08-23T10:00:01Z"]);
    expect({ duplicates, undated }).toEqual({ duplicates: 1, undated: 1 });
  });

  it("makes nothing of nothing", () => {
    expect(deriveRows([])).toEqual({ rows: [], duplicates: 0, undated: 0 });
  });
});
