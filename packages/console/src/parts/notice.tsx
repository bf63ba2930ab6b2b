import { Alert } from "@mantine/core";
import type { ReactNode } from "react";

interface NoticeProps {
  /** "warning": something to weigh before acting; "failure": something did not happen. */
  readonly kind?: "warning" | "failure";
  readonly children: ReactNode;
}

/** Framed message. A failure is announced at once, a warning is part of the page. */
export function Notice({ kind = "warning", children }: NoticeProps) {
  const failure = kind === "failure";
  return (
    <Alert
      role={failure ? "alert" : "note"}
      bg={failure ? "var(--page)" : "var(--panel)"}
      style={{ borderColor: "var(--line)", borderLeft: `3px solid var(${failure ? "--harm" : "--ink"})` }}
    >
      {children}
    </Alert>
  );
}
