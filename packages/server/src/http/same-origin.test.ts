import { describe, expect, it } from "vitest";
import { classifyOrigin, isForwarded, isLoopbackName, isOverTls, isUnsafe } from "./same-origin.ts";

const request = (headers: Record<string, string>, url = "http://127.0.0.1:4380/v1/x"): Request =>
  new Request(url, { method: "POST", headers });

describe("where a request comes from", () => {
  it.each([
    [{}, "unknown"],
    [{ "sec-fetch-site": "same-origin" }, "own"],
    [{ "sec-fetch-site": "none" }, "own"],
    [{ "sec-fetch-site": "same-site" }, "foreign"],
    [{ "sec-fetch-site": "cross-site" }, "foreign"],
    [{ "sec-fetch-site": "" }, "foreign"],
    [{ "sec-fetch-site": "anything else" }, "foreign"],
    [{ origin: "http://127.0.0.1:4380" }, "own"],
    // Behind a proxy that terminates TLS.
    [{ origin: "https://127.0.0.1:4380" }, "own"],
    [{ origin: "http://127.0.0.1:4381" }, "foreign"],
    [{ origin: "http://127.0.0.1" }, "foreign"],
    [{ origin: "http://localhost:4380" }, "foreign"],
    [{ origin: "https://evil.example" }, "foreign"],
    [{ origin: "http://127.0.0.1:4380.evil.example" }, "foreign"],
    [{ origin: "null" }, "foreign"],
    [{ origin: "" }, "foreign"],
    // What the browser says of the site outweighs the origin.
    [{ "sec-fetch-site": "cross-site", origin: "http://127.0.0.1:4380" }, "foreign"],
  ] as const)("%j is %s", (headers, expected) => {
    expect(classifyOrigin(request(headers))).toBe(expected);
  });
});

describe("names of this machine", () => {
  it.each([
    "localhost",
    "LOCALHOST",
    "localhost.",
    "relearn.localhost",
    "127.0.0.1",
    "127.255.255.254",
    "[::1]",
    "::1",
    "[::ffff:127.0.0.1]",
    new URL("http://[::ffff:127.0.0.1]/").hostname,
    // Other spellings of 127.0.0.1, as the address parser writes them.
    new URL("http://2130706433/").hostname,
    new URL("http://0x7f.1/").hostname,
  ])("%s is one", (name) => {
    expect(isLoopbackName(name)).toBe(true);
  });

  it.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "notlocalhost",
    "0.0.0.0",
    "192.168.1.5",
    "128.0.0.1",
    "1270.0.0.1",
    "[::]",
    "[::2]",
    "[fe80::1]",
    "",
  ])("%s is none", (name) => {
    expect(isLoopbackName(name)).toBe(false);
  });
});

it.each([
  ["GET", false],
  ["get", false],
  ["HEAD", false],
  ["OPTIONS", false],
  ["POST", true],
  ["PUT", true],
  ["PATCH", true],
  ["DELETE", true],
  ["PROPFIND", true],
])("%s can change state: %s", (method, expected) => {
  expect(isUnsafe(method)).toBe(expected);
});

it("recognizes forwarded requests and requests over TLS", () => {
  expect(isForwarded(request({}))).toBe(false);
  for (const name of ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"]) {
    expect(isForwarded(request({ [name]: "" }))).toBe(true);
  }
  expect(isOverTls(request({}))).toBe(false);
  expect(isOverTls(request({ "x-forwarded-proto": "http, https" }))).toBe(false);
  expect(isOverTls(request({ "x-forwarded-proto": "HTTPS, http" }))).toBe(true);
  expect(isOverTls(request({}, "https://relearn.example/"))).toBe(true);
});
