import type { ReactNode } from "react";
import classes from "./nav-tabs.module.css";

/** Row of links of which one is the current page; its children are links with `aria-current`. */
export function NavTabs({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav className={classes.tabs} aria-label={label}>
      {children}
    </nav>
  );
}
