import { Group } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { formatCount } from "../format/numbers.ts";

interface StripProps {
  readonly labeled: number;
  readonly waiting: number | undefined;
  readonly disputed: number | undefined;
  readonly agent: string;
  readonly unsent: number;
}

/** Progress of the session, and the number of answers that wait to be sent. */
export function ReviewStrip({ labeled, waiting, disputed, agent, unsent }: StripProps) {
  const parts: ReactNode[] = [`${formatCount(labeled)} labeled`];
  if (waiting !== undefined) parts.push(`${formatCount(waiting)} waiting`);
  if (disputed !== undefined) {
    parts.push(
      <Link key="disputed" to="/review" search={{ agent, view: "disputed" }}>
        {formatCount(disputed)} disputed
      </Link>,
    );
  }
  return (
    <Group justify="space-between" align="flex-end">
      <p>
        {parts.map((part, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts have fixed places.
          <span key={index}>
            {index > 0 && " · "}
            {part}
          </span>
        ))}
        {unsent > 0 && (
          <strong role="status"> · {formatCount(unsent)} not sent; retrying until the service answers</strong>
        )}
      </p>
    </Group>
  );
}
