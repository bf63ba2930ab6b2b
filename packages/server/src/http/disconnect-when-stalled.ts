import type { ServerResponse } from "node:http";
import type { Context } from "hono";

/**
 * Closes the connection of a streamed response if its reader accepts no data for `stalledMs`. Ending the stream
 * is not enough: the end waits behind the data that was not read. Does nothing without a network connection.
 */
export function disconnectWhenStalled(context: Context, stalledMs: number): void {
  const { outgoing } = (context.env ?? {}) as { outgoing?: ServerResponse };
  // The next request on the connection has the server's default timeout again.
  outgoing?.setTimeout(stalledMs, () => outgoing.destroy());
}
