/**
 * True for an IANA name that this Node knows, aliases included ("US/Eastern"). Offsets ("+02:00") are not
 * names: they have no daylight-saving time, which is mostly not what is meant.
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
