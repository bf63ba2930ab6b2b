import { addressesIn, decodeWords, getHeader, getHeaders, type Mail } from "./parse-mail.ts";

/** Second-level labels under which countries register names, as in `bbc.co.uk`. */
const countrySecondLabels = new Set(["ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"]);

/**
 * Returns the registered part of a host name: `example.co.uk` for `mail.example.co.uk`. The rule covers the names of
 * 2002 and replaces the public suffix list. A network address is returned unchanged.
 */
export function registeredDomain(host: string): string {
  const name = host.toLowerCase().replace(/^\.+|[.>\])]+$/g, "");
  if (/^\[?\d+(\.\d+){3}\]?$/.test(name)) return name;
  const labels = name.split(".").filter((label) => label !== "");
  const isCountry =
    labels.length >= 3 && labels.at(-1)!.length === 2 && countrySecondLabels.has(labels.at(-2)!);
  return labels.slice(isCountry ? -3 : -2).join(".");
}

export function domainOfAddress(address: string): string {
  return registeredDomain(address.slice(address.lastIndexOf("@") + 1));
}

/** Returns the author's address in lower case, from From, else from Sender; null if neither can be read. */
export function authorAddress(mail: Mail): string | null {
  for (const name of ["from", "sender"]) {
    const address = addressesIn(decodeWords(getHeader(mail, name) ?? ""))[0];
    if (address) return address;
  }
  return null;
}

/** Returns the address for bounces: Return-Path, else the mbox line, else the author. */
function envelopeAddress(mail: Mail): string | null {
  const returnPath = addressesIn(getHeader(mail, "return-path") ?? "")[0];
  const mbox = mail.mboxSender === null ? undefined : addressesIn(mail.mboxSender)[0];
  return returnPath ?? mbox ?? authorAddress(mail);
}

/**
 * Returns the hosts that relayed the mail, from the names after "from" in the Received headers: the name that the
 * host gave, and the name that the receiver found for its address. Relays within one machine name no host.
 */
export function handingHosts(mail: Mail): string[] {
  const hosts: string[] = [];
  for (const received of getHeaders(mail, "received")) {
    const from = /^from\s+(.*?)(?:\sby\s|;|$)/i.exec(received)?.[1] ?? "";
    for (const match of from.matchAll(/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+/g)) {
      if (!/^\d+(\.\d+){3}$/.test(match[0]) && !/^localhost\b/i.test(match[0]))
        hosts.push(match[0].toLowerCase());
    }
  }
  return hosts;
}

/**
 * Substitute for a failed SPF check, because mail of 2002 has no SPF: returns true if hosts are named and none of them
 * belongs to the domain of the envelope's sender, false if no host is named. Like SPF, it fails for forwarded mail
 * and passes a forged HELO.
 */
export function standInSpfFail(mail: Mail): boolean {
  const envelope = envelopeAddress(mail);
  const hosts = handingHosts(mail);
  if (hosts.length === 0) return false;
  if (envelope === null) return true;
  const domain = domainOfAddress(envelope);
  return !hosts.some((host) => registeredDomain(host) === domain);
}

/**
 * Substitute for a failed DKIM check: returns true if the domain of the Message-ID is missing, or is neither the
 * author's nor the envelope sender's.
 */
export function standInDkimFail(mail: Mail): boolean {
  const host = /@([^\s<>@]+?)>?\s*$/.exec(getHeader(mail, "message-id") ?? "")?.[1];
  if (host === undefined) return true;
  const domain = registeredDomain(host);
  return ![authorAddress(mail), envelopeAddress(mail)].some(
    (address) => address !== null && domainOfAddress(address) === domain,
  );
}
