import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { prepareSplit } from "@relearn/client";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assignStream } from "./assign.ts";

const split = prepareSplit({ salt: "s", canaryBasisPoints: 5000 });

async function assigned(chunks: readonly Uint8Array[], asJson = false) {
  let out = "";
  const emptyLines = await assignStream(
    (async function* () {
      yield* chunks;
    })(),
    async (text) => {
      out += text;
    },
    split,
    asJson,
  );
  return { out, emptyLines };
}

describe("the stream", () => {
  test("one line an id, in order; line ends of both kinds; a last line without one", async () => {
    const input = Buffer.from("\ufeffu1\nu2\r\n\n  two words \nzü");
    const lines = ["u1", "u2", "  two words ", "zü"].map((id) => `${id}\t${split.armOf(id)}\n`);
    expect(await assigned([input])).toEqual({ out: lines.join(""), emptyLines: 1 });
  });

  test("wherever the chunks are cut, the answer is the same", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: "grapheme", minLength: 1 }).filter((id) => !/[\r\n\ufeff]/.test(id))),
        fc.array(fc.nat()),
        async (ids, cuts) => {
          const input = Buffer.from(ids.join("\n"));
          const at = [0, ...cuts.map((cut) => cut % (input.length + 1)).sort((a, b) => a - b), input.length];
          const chunks = at.slice(1).map((end, index) => input.subarray(at[index], end));
          expect((await assigned(chunks)).out).toBe(ids.map((id) => `${id}\t${split.armOf(id)}\n`).join(""));
        },
      ),
    );
  });

  test("as JSON: unit, arm, bucket", async () => {
    const { out } = await assigned([Buffer.from('a"b\n')], true);
    expect(JSON.parse(out)).toEqual({ unit: 'a"b', arm: split.armOf('a"b'), bucket: split.bucketOf('a"b') });
  });

  test("refuses bytes that are no UTF-8, also when the input ends within a character", async () => {
    for (const bytes of [Buffer.of(0x61, 0x0a, 0xff), Buffer.of(0xc3)]) {
      await expect(assigned([bytes])).rejects.toMatchObject({ code: "invalid_input" });
    }
  });

  test("refuses a line without end", async () => {
    const chunks = Array.from({ length: 20 }, () => Buffer.alloc(1 << 16, "x"));
    await expect(assigned(chunks)).rejects.toThrow(/Line 1 is longer/);
  });
});

const main = join(import.meta.dirname, "../main.ts");

async function run(args: readonly string[], input: string) {
  const child = spawn(process.execPath, [main, "assign", ...args]);
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  child.stdin.on("error", () => {}); // The command may refuse before it has read everything.
  child.stdin.end(input);
  const [code] = await once(child, "close");
  return { code, out: Buffer.concat(output).toString(), err: Buffer.concat(errors).toString() };
}

describe("the command", () => {
  test("GrowthBook's published buckets decide", async () => {
    const args = ["--salt", "seed", "--method", "growthbook-v2", "--json", "--percent"];
    expect((await run([...args, "5.05"], "a\n")).out).toBe('{"unit":"a","arm":"active","bucket":0.0505}\n');
    expect((await run([...args, "5.06"], "a\n")).out).toBe('{"unit":"a","arm":"canary","bucket":0.0505}\n');
  });

  test("Unleash's published value decides", async () => {
    const args = ["--salt", "gr1", "--method", "unleash", "--percent"];
    expect((await run([...args, "72"], "123\n")).out).toBe("123\tactive\n");
    expect((await run([...args, "73"], "123\n")).out).toBe("123\tcanary\n");
  });

  test("a hundred thousand ids come out whole and in order", async () => {
    const ids = Array.from({ length: 100_000 }, (_, at) => `user-${at}`);
    const { out, code } = await run(["--salt", "s", "--percent", "50"], `${ids.join("\n")}\n`);
    const digest = (text: string) => createHash("sha256").update(text).digest("hex");
    expect(code).toBe(0);
    expect(digest(out)).toBe(digest(ids.map((id) => `${id}\t${split.armOf(id)}\n`).join("")));
  });

  test.each([
    [["--salt", "s", "--percent", "101"], /--percent is "101"/],
    [["--salt", "s", "--percent", "12.345"], /at most two decimals/],
    [["--salt", "s", "--percent", "-1"], /--percent is "-1"/],
    [["--salt", "s", "--percent", "12.5", "--method", "unleash"], /100 buckets/],
    [["--salt", "s", "--percent", "5", "--method", "coin"], /relearn, growthbook-v2, unleash/],
    [["--percent", "5"], /--salt/],
    [["--salt", "s"], /--percent/],
  ])("refuses %j", async (args, message) => {
    const { code, err, out } = await run(args, "u\n");
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
  });
});
