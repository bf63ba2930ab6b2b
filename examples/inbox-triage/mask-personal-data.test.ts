import { describe, expect, it } from "vitest";
import { maskAddress, maskPersonalData } from "./mask-personal-data.ts";

describe("maskPersonalData", () => {
  it.each([
    ["see http://www.Example.com/u/jane?id=7#x now", "see [link www.example.com] now"],
    ["http://jane:secret@host.example:8080/", "[link host.example]"],
    ["http://10.9.8.7/x", "[link 10.9.8.7]"],
    ["visit http://example.com.", "visit [link example.com]"],
    ["call (555) 123-4567 or +44 20 7946 0958", "call [number] or [number]"],
    ["card 4111 1111 1111 1111", "card [number]"],
    ["on 2002-10-07, version 2.4.18, 1,000 pieces", "on 2002-10-07, version 2.4.18, 1,000 pieces"],
    ["", ""],
  ])("%j becomes %j", (text, expected) => {
    expect(maskPersonalData(text)).toBe(expected);
  });

  it("masks an address alike wherever and however it is written, and keeps its domain", () => {
    const masked = maskPersonalData("Jane.Doe@Example.com, mailto:jane.doe@example.com, joe@example.com");
    const [first, second, third] = masked.split(", ");
    expect(first).toMatch(/^u-[0-9a-f]{6}@example\.com$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(maskAddress("jane.doe@example.com")).toBe(first);
  });
});
