/**
 * Validates the addresses of webhooks.
 *
 * Admins configure webhooks, so loopback and private networks are allowed, for example for an alert manager.
 * To prevent server-side request forgery, link-local addresses (including the metadata services of clouds),
 * the unspecified address, multicast and broadcast are refused, whichever name resolves to them. The connection
 * is made to the address that was checked, which prevents DNS rebinding, and redirects are not followed.
 */
import { BlockList, isIP } from "node:net";
import { RelearnError } from "../errors.ts";

const MAX_ADDRESS_LENGTH = 2000;

const refused = new BlockList();
refused.addSubnet("0.0.0.0", 8, "ipv4");
refused.addSubnet("169.254.0.0", 16, "ipv4");
refused.addSubnet("224.0.0.0", 4, "ipv4");
refused.addAddress("255.255.255.255", "ipv4");
// Cloud metadata services outside the link-local ranges.
refused.addAddress("100.100.100.200", "ipv4");
refused.addAddress("fd00:ec2::254", "ipv6");
refused.addAddress("::", "ipv6");
refused.addSubnet("fe80::", 10, "ipv6");
refused.addSubnet("ff00::", 8, "ipv6");
// NAT64 and 6to4 addresses can embed any of the IPv4 addresses above.
refused.addSubnet("64:ff9b::", 96, "ipv6");
refused.addSubnet("2002::", 16, "ipv6");

const privateNetworks = new BlockList();
privateNetworks.addSubnet("127.0.0.0", 8, "ipv4");
privateNetworks.addSubnet("10.0.0.0", 8, "ipv4");
privateNetworks.addSubnet("172.16.0.0", 12, "ipv4");
privateNetworks.addSubnet("192.168.0.0", 16, "ipv4");
privateNetworks.addSubnet("100.64.0.0", 10, "ipv4");
privateNetworks.addAddress("::1", "ipv6");
privateNetworks.addSubnet("fc00::", 7, "ipv6");

/** Parses and normalizes the URL of a webhook. Throws `invalid_input` for a URL that is not allowed. */
export function parseWebhookAddress(text: string): string {
  const refuse = (fault: string): RelearnError =>
    new RelearnError("invalid_input", `Invalid webhook URL: ${fault}.`, {
      details: { url: text },
    });
  if (text.length > MAX_ADDRESS_LENGTH) throw refuse(`it has more than ${MAX_ADDRESS_LENGTH} characters`);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refuse(`"${text}" is not a URL; give https://HOST/PATH`);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refuse(`the scheme must be https or http, not ${url.protocol.slice(0, -1)}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw refuse("it contains a user name or a password; the signature authenticates the sender");
  }
  if (url.hash !== "") throw refuse("it has a fragment, which is not sent");
  const host = toBareHost(url);
  if (isIP(host) !== 0) {
    const fault = findAddressFault(host, url.protocol === "http:");
    if (fault !== null) throw refuse(fault);
  }
  return url.href;
}

/** Describes why an address is not allowed, or returns null. Unencrypted http is allowed in private networks only. */
export function findAddressFault(address: string, isPlain: boolean): string | null {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  // ::ffff:a.b.c.d is checked by Node against the rules for IPv4.
  if (isIP(address) === 0) return `"${address}" is not an IP address`;
  if (refused.check(address, family)) {
    return `${address} is a link-local, unspecified, multicast or cloud metadata address`;
  }
  if (isPlain && !privateNetworks.check(address, family)) {
    return `${address} is outside this machine and private networks, where http is not allowed because it is not encrypted; use https`;
  }
  return null;
}

/** Returns the host without the brackets of an IPv6 address. */
export function toBareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}
