import type { ReactNode } from "react";

/** What stands where nothing is: that, and what to do. */
export function Empty({ children }: { children: ReactNode }) {
  return <div className="empty">{children}</div>;
}
