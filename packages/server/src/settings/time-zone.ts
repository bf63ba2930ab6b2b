/**
 * Returns whether a name is an IANA time zone known to Node, including aliases ("US/Eastern"). Offsets
 * ("+02:00") are refused, because they have no daylight-saving time.
 */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
