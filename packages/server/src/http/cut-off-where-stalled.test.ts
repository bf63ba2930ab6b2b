import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { it, onTestFinished } from "vitest";
import { cutOffWhereStalled } from "./cut-off-where-stalled.ts";

it("ends the connection of a reader that takes nothing, and the stream behind it", async () => {
  const app = new Hono();
  const cancelled = new Promise<void>((resolve) => {
    app.get("/", (context) => {
      cutOffWhereStalled(context, 50);
      return context.body(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024)),
          cancel: () => resolve(),
        }),
      );
    });
  });
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await once(socket, "data");
  socket.pause();
  await cancelled;
  socket.on("error", () => {});
  socket.resume();
  await once(socket, "close");
});
