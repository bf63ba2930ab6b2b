import { Badge } from "@mantine/core";
import type { ReactNode } from "react";

export type StateToken = "active" | "canary" | "harm" | "better" | "hold" | "plain";

const shapes: Record<Exclude<StateToken, "plain">, ReactNode> = {
  active: <rect x="1" y="1" width="8" height="8" fill="currentColor" />,
  canary: <path d="M5 0l5 5-5 5-5-5z" fill="currentColor" />,
  harm: <path d="M0 1h10L5 10z" fill="currentColor" />,
  better: <path d="M0 9h10L5 0z" fill="currentColor" />,
  hold: <path d="M1 1h3v8H1zM6 1h3v8H6z" fill="currentColor" />,
};

/** Background and text of each state; "hold" is inverse instead of tinted. */
function toColors(token: StateToken): Record<string, string> {
  if (token === "plain") return { bg: "transparent", c: "var(--ink)", bd: "1px solid var(--line)" };
  if (token === "hold") return { bg: "var(--hold)", c: "var(--hold-on)" };
  return { bg: `color-mix(in srgb, var(--${token}) var(--tint), var(--page))`, c: `var(--${token})` };
}

/** State as shape, colour and word; the word is never left out. */
export function StateMark({ token, children }: { token: StateToken; children: ReactNode }) {
  return (
    <Badge
      {...toColors(token)}
      leftSection={
        token === "plain" ? undefined : (
          <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
            {shapes[token]}
          </svg>
        )
      }
    >
      {children}
    </Badge>
  );
}
