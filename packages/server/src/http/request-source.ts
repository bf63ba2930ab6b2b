import type { Context } from "hono";

/** Returns the address that the connection comes from. Forwarding headers are ignored: any client can set them. */
export function findSource(context: Context): string {
  const { incoming } = (context.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } };
  return incoming?.socket?.remoteAddress ?? "this process";
}
