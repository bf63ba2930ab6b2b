import type { ReactNode } from "react";
import { PageTitle } from "./page.tsx";

interface HeadProps {
  readonly name: string;
  readonly state: ReactNode;
  /** One sentence with the numbers. */
  readonly why: ReactNode;
  /** What comes next, and when. */
  readonly next?: ReactNode;
  readonly actions?: ReactNode;
  /** Why something above cannot be done, in the service's words. */
  readonly blocked?: ReactNode;
}

/** What every detail opens with: name, state, why, next, actions. Changes of it are spoken. */
export function Head({ name, state, why, next, actions, blocked }: HeadProps) {
  return (
    <div className="head stack">
      <div aria-live="polite" className="stack">
        <div className="head-name">
          <PageTitle title={name} mono />
          {state}
        </div>
        <p className="head-why">{why}</p>
        {next !== undefined && <p className="muted">Next: {next}</p>}
      </div>
      {actions !== undefined && <div className="row">{actions}</div>}
      {blocked !== undefined && <p>{blocked}</p>}
    </div>
  );
}
