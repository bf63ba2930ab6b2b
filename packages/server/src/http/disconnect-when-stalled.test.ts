import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { it, onTestFinished } from "vitest";
import { disconnectWhenStalled } from "./disconnect-when-stalled.ts";

it("closes the connection of a reader that accepts no data, and cancels the stream", async () => {
  const app = new Hono();
  const cancelled = new Promise<void>((resolve) => {
    app.get("/", (context) => {
      disconnectWhenStalled(context, 50);
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
