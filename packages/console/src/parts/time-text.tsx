import { Text } from "@mantine/core";
import { formatDistance, formatTime, formatUtc } from "../format/times.ts";

/** Moment in local time with its zone and, if asked for, its distance from now. */
export function TimeText({ at, distance = false }: { at: string; distance?: boolean }) {
  return (
    <time dateTime={at} title={formatUtc(at)} style={{ whiteSpace: "nowrap" }}>
      {formatTime(at)}
      {distance && (
        <Text span c="dimmed">
          {" "}
          ({formatDistance(at, new Date())})
        </Text>
      )}
    </time>
  );
}
