import { describe, expect, it } from "vitest";
import { type Mail, parseMail } from "./parse-mail.ts";
import { handingHosts, registeredDomain, standInDkimFail, standInSpfFail } from "./sender-domain.ts";

const parseLines = (...lines: string[]): Mail => parseMail(Buffer.from([...lines, "", ""].join("\n")));

describe("registeredDomain", () => {
  it.each([
    ["mail.example.com", "example.com"],
    ["news.bbc.co.uk", "bbc.co.uk"],
    ["co.uk", "co.uk"],
    ["host.example.de", "example.de"],
    ["EXAMPLE.com.", "example.com"],
    ["10.1.2.3", "10.1.2.3"],
    ["localhost", "localhost"],
    ["", ""],
  ])("of %j is %j", (host, expected) => {
    expect(registeredDomain(host)).toBe(expected);
  });
});

describe("handingHosts", () => {
  it("takes names after from, not after by, no addresses, no hand-over within the machine", () => {
    const mail = parseLines(
      "Received: from localhost (localhost.localdomain [127.0.0.1]) by a.receiver.example; x",
      "Received: from Claimed.example (real.host.example [10.0.0.1]) by b.receiver.example with SMTP; x",
      "Received: (qmail 1 invoked from network); x",
    );
    expect(handingHosts(mail)).toEqual(["claimed.example", "real.host.example"]);
  });
});

describe("standInSpfFail", () => {
  const received = "Received: from out.shop.example (x.net.example [10.0.0.1]) by home.example; x";
  it.each([
    [
      "a host of the envelope's domain",
      ["Return-Path: <a@mail.shop.example>", received, "From: b@else.example"],
      false,
    ],
    ["no host of it", ["Return-Path: <a@bank.example>", received, "From: b@shop.example"], true],
    ["no envelope: the author counts", [received, "From: b@shop.example"], false],
    ["nobody named at all", [received], true],
    ["no host named: nothing against it", ["From: b@shop.example"], false],
  ])("%s", (_, lines, expected) => {
    expect(standInSpfFail(parseLines(...lines))).toBe(expected);
  });
});

describe("standInDkimFail", () => {
  it.each([
    ["the author's domain", ["From: a@shop.example", "Message-ID: <1@mx.shop.example>"], false],
    [
      "the envelope's domain",
      ["Return-Path: <a@l.example>", "From: b@c.example", "Message-Id: <1@l.example>"],
      false,
    ],
    ["another domain", ["From: a@shop.example", "Message-ID: <1@else.example>"], true],
    ["no Message-ID", ["From: a@shop.example"], true],
    ["a broken one", ["From: a@shop.example", "Message-ID: <1>"], true],
    ["no author", ["Message-ID: <1@shop.example>"], true],
  ])("%s", (_, lines, expected) => {
    expect(standInDkimFail(parseLines(...lines))).toBe(expected);
  });
});
