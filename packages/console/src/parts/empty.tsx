import { Paper } from "@mantine/core";
import type { ReactNode } from "react";

/** Placeholder of an empty list: what is missing and what to do about it. */
export function Empty({ children }: { children: ReactNode }) {
  return (
    <Paper p="lg" bg="var(--panel)">
      {children}
    </Paper>
  );
}
