/**
 * Which addresses Relearn sends webhooks to.
 *
 * An admin sets them, so loopback and private networks are fine: that is where an alert manager or a relay
 * lives. Refused, whatever name leads there, is what no receiver of ours can be and what turns a webhook into
 * a way into the machine's surroundings: link-local addresses (a cloud's metadata service among them), the
 * unspecified address, multicast, broadcast. The address that was checked is the one that is connected to,
 * so a name that changes its mind in between gains nothing; redirects are not followed.
 */
import { BlockList, isIP } from "node:net";
import { RelearnError } from "../errors.ts";

const MAX_ADDRESS_LENGTH = 2000;

const refused = new BlockList();
refused.addSubnet("0.0.0.0", 8, "ipv4");
refused.addSubnet("169.254.0.0", 16, "ipv4");
refused.addSubnet("224.0.0.0", 4, "ipv4");
refused.addAddress("255.255.255.255", "ipv4");
// Names of cloud metadata services that lie outside link-local ranges.
refused.addAddress("100.100.100.200", "ipv4");
refused.addAddress("fd00:ec2::254", "ipv6");
refused.addAddress("::", "ipv6");
refused.addSubnet("fe80::", 10, "ipv6");
refused.addSubnet("ff00::", 8, "ipv6");
// Translations of IPv4 addresses could say any of the above in another way.
refused.addSubnet("64:ff9b::", 96, "ipv6");
refused.addSubnet("2002::", 16, "ipv6");

const near = new BlockList();
near.addSubnet("127.0.0.0", 8, "ipv4");
near.addSubnet("10.0.0.0", 8, "ipv4");
near.addSubnet("172.16.0.0", 12, "ipv4");
near.addSubnet("192.168.0.0", 16, "ipv4");
near.addSubnet("100.64.0.0", 10, "ipv4");
near.addAddress("::1", "ipv6");
near.addSubnet("fc00::", 7, "ipv6");

/** The address as it is stored. Throws `invalid_input` for what no webhook may be sent to. */
export function parseWebhookAddress(text: string): string {
  const refuse = (why: string): RelearnError =>
    new RelearnError("invalid_input", `The webhook's address is refused: ${why}.`, {
      details: { url: text },
    });
  if (text.length > MAX_ADDRESS_LENGTH) throw refuse(`it has more than ${MAX_ADDRESS_LENGTH} characters`);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refuse(`"${text}" is no address; write https://HOST/PATH`);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refuse(`${url.protocol} is neither https: nor http:`);
  }
  if (url.username !== "" || url.password !== "") {
    throw refuse("it holds a name or a password; the signature proves who sends");
  }
  if (url.hash !== "") throw refuse("it has a fragment, which is never sent");
  const host = bareHost(url);
  if (isIP(host) !== 0) {
    const fault = faultOfAddress(host, url.protocol === "http:");
    if (fault !== null) throw refuse(fault);
  }
  return url.href;
}

/** Why nothing is sent to an address, in words, or null. Plain http is for one's own network. */
export function faultOfAddress(address: string, isPlain: boolean): string | null {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  // ::ffff:a.b.c.d is checked by Node against the rules for IPv4.
  if (isIP(address) === 0) return `"${address}" is no address`;
  if (refused.check(address, family)) {
    return `${address} is link-local, unspecified, multicast or a cloud's metadata service`;
  }
  if (isPlain && !near.check(address, family)) {
    return `${address} is outside this machine and its private network, and plain http would show the message to all between; use https`;
  }
  return null;
}

/** The host without the brackets of an IPv6 address. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}
