import type { ServerResponse } from "node:http";
import type { Context } from "hono";

/**
 * Ends the connection of a long answer whose reader takes nothing for so long. A stream's end alone does not
 * reach such a reader: it waits behind what was not taken. Nothing where no port is between.
 */
export function cutOffWhereStalled(context: Context, stalledMs: number): void {
  const { outgoing } = (context.env ?? {}) as { outgoing?: ServerResponse };
  // The next request on the connection has the server's own limit again.
  outgoing?.setTimeout(stalledMs, () => outgoing.destroy());
}
