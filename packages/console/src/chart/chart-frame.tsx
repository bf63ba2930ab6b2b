import { Button } from "@mantine/core";
import { type ReactNode, useId, useState } from "react";
import { saveFile } from "../save-file.ts";

interface ChartFrameProps {
  readonly title: ReactNode;
  /** Unit and window: "labels · last 90 days, n 1,067". */
  readonly about: string;
  /** What to say in place of the picture where there is too little for one. */
  readonly empty: string | null;
  /** The numbers behind the picture, as a table; null: there are none. */
  readonly numbers: ReactNode;
  readonly csv: { readonly name: string; readonly lines: () => readonly string[] };
  readonly children: ReactNode;
}

/** What every chart has: its title with unit and window, words in place of too few data, the numbers and their file. */
export function ChartFrame({ title, about, empty, numbers, csv, children }: ChartFrameProps) {
  const [asNumbers, setAsNumbers] = useState(false);
  const titleId = useId();
  return (
    <figure className="chart" aria-labelledby={titleId}>
      <div className="row-apart chart-head">
        <h3 id={titleId}>
          {title} <span className="meta">{about}</span>
        </h3>
        {numbers !== null && (
          <div className="row">
            {asNumbers && (
              <Button
                size="compact-xs"
                variant="subtle"
                onClick={() =>
                  saveFile(
                    csv.name,
                    csv.lines().map((line) => `${line}\r\n`),
                    "text/csv",
                  )
                }
              >
                CSV
              </Button>
            )}
            <Button
              size="compact-xs"
              variant="subtle"
              aria-pressed={asNumbers}
              onClick={() => setAsNumbers(!asNumbers)}
            >
              {asNumbers ? "Chart" : "Numbers"}
            </Button>
          </div>
        )}
      </div>
      {asNumbers ? numbers : empty === null ? children : <p className="muted">{empty}</p>}
    </figure>
  );
}
