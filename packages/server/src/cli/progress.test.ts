import { describe, expect, it } from "vitest";
import { ProgressLine } from "./progress.ts";

function drawing(isTTY: boolean) {
  const written: string[] = [];
  let now = 0;
  const line = new ProgressLine({ isTTY, columns: 40, write: (text) => written.push(text) }, () => now);
  return {
    written,
    line,
    at: (time: number) => {
      now = time;
    },
  };
}

describe("a progress line", () => {
  it("appears on a terminal after two seconds, ten times a second at most, and goes away", () => {
    const { written, line, at } = drawing(true);
    line.show(0.1, "10 records");
    at(1999);
    line.show(0.2, "20 records");
    expect(written).toEqual([]);
    at(2000);
    line.show(0.5, "50 records");
    at(2050);
    line.show(0.6, "60 records");
    expect(written).toHaveLength(1);
    expect(written[0]).toContain("50 %");
    expect(written[0]!.replace("\r\u001b[2K", "").length).toBeLessThan(40);
    at(2200);
    line.show(undefined, "70 records");
    expect(written[1]).toBe("\r\u001b[2K70 records");
    line.clear();
    expect(written[2]).toBe("\r\u001b[2K");
  });

  it("never appears where no person looks, and clears nothing then", () => {
    const { written, line, at } = drawing(false);
    at(60_000);
    line.show(0.5, "50 records");
    line.clear();
    expect(written).toEqual([]);
  });
});
