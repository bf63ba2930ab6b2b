import { formatDistance, formatTime, formatUtc } from "../format/times.ts";

/** A moment in local time with its zone, and how far off it is. */
export function TimeText({ at, distance = false }: { at: string; distance?: boolean }) {
  return (
    <time dateTime={at} title={formatUtc(at)} className="nowrap">
      {formatTime(at)}
      {distance && <span className="muted"> ({formatDistance(at, new Date())})</span>}
    </time>
  );
}
