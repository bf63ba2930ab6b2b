const HOUR_MS = 3_600_000;

/** Local time with its zone: "9 Mar, 14:02 CET", and with the year where it is not the present one. */
export function formatTime(iso: string | Date, now = new Date(), timeZone?: string): string {
  const at = new Date(iso);
  const zone = timeZone === undefined ? {} : { timeZone };
  const formatYear = (date: Date) =>
    new Intl.DateTimeFormat("en-GB", { year: "numeric", ...zone }).format(date);
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    ...(formatYear(at) === formatYear(now) ? {} : { year: "numeric" }),
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
    ...zone,
  }).format(at);
}

/** Clock time alone, local: "14:02". */
export function formatClock(iso: string | Date): string {
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
    new Date(iso),
  );
}

/** UTC to the second, for the audit: "2026-03-09 14:02:11 UTC". */
export function formatUtc(iso: string): string {
  return `${iso.slice(0, 19).replace("T", " ")} UTC`;
}

/** Distance from now: "in 41 h", "3 d ago", "now". */
export function formatDistance(iso: string, now: Date): string {
  const distanceMs = new Date(iso).getTime() - now.getTime();
  const text = formatDuration(Math.abs(distanceMs));
  if (text === "0 min") return "now";
  return distanceMs > 0 ? `in ${text}` : `${text} ago`;
}

/** Minutes, hours up to three days, then days. */
export function formatDuration(durationMs: number): string {
  if (durationMs < HOUR_MS) return `${Math.floor(durationMs / 60_000)} min`;
  if (durationMs < 72 * HOUR_MS) return `${Math.floor(durationMs / HOUR_MS)} h`;
  return `${Math.floor(durationMs / (24 * HOUR_MS))} d`;
}
