import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { MAX_JSON_BYTES, RequestBody } from "./request-body.ts";

const post = (body: ReadableStream<Uint8Array<ArrayBuffer>>, headers: Record<string, string> = {}) =>
  new Request("http://relearn.localhost/", {
    method: "POST",
    body,
    headers,
    duplex: "half",
  } as RequestInit);

const readBody = (request: Request, stalledMs = 20) =>
  new RequestBody(request, MAX_JSON_BYTES, { digested: false, stalledMs });

it.each([{}, { "content-encoding": "gzip" }])(
  "ends a body of which nothing more comes, %j",
  async (headers) => {
    const packed = new Uint8Array(gzipSync("{}").subarray(0, 5));
    const begun = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) =>
        controller.enqueue("content-encoding" in headers ? packed : new TextEncoder().encode("{")),
    });
    await expect(readBody(post(begun, headers)).text()).rejects.toMatchObject({ code: "request_stalled" });
  },
);

it("waits for a slow sender while data arrives", async () => {
  let pieces = 0;
  const slow = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (pieces++ === 10) controller.close();
      else controller.enqueue(new TextEncoder().encode("1"));
    },
  });
  expect(await readBody(post(slow), 2000).text()).toBe("1111111111");
});

it("stops decompressing at its limit", async () => {
  // 256 MB of zeros in 256 kB.
  const bomb = new Uint8Array(gzipSync(Buffer.alloc(256 * 1024 * 1024)));
  let taken = 0;
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const piece = bomb.slice(taken, taken + 1024);
      taken += piece.length;
      if (piece.length === 0) controller.close();
      else controller.enqueue(piece);
    },
  });
  await expect(readBody(post(packed, { "content-encoding": "gzip" }), 10_000).text()).rejects.toMatchObject({
    code: "too_large",
  });
  expect(taken).toBeLessThan(bomb.length);
});
