import { describe, expect, it } from "vitest";
import { findAddressFault, parseWebhookAddress } from "./webhook-address.ts";

describe("allowed webhook addresses", () => {
  it.each([
    ["https://hooks.example.org/relearn?team=a", "https://hooks.example.org/relearn?team=a"],
    ["http://127.0.0.1:9093/alerts", "http://127.0.0.1:9093/alerts"],
    ["http://[::1]:9093/", "http://[::1]:9093/"],
    ["http://10.1.2.3", "http://10.1.2.3/"],
    ["https://93.184.216.34/", "https://93.184.216.34/"],
    // A name is checked when it is looked up, at each attempt.
    ["http://alertmanager:9093/", "http://alertmanager:9093/"],
  ])("%s", (text, href) => {
    expect(parseWebhookAddress(text)).toBe(href);
  });

  it.each([
    ["", "is not a URL"],
    ["relearn.example.org", "is not a URL"],
    ["ftp://example.org/", "the scheme must be https or http"],
    ["file:///etc/passwd", "the scheme must be https or http"],
    ["javascript:alert(1)", "the scheme must be https or http"],
    ["https://ana:secret@example.org/", "a user name or a password"],
    ["https://example.org/#part", "a fragment"],
    ["http://169.254.169.254/latest/meta-data/", "metadata"],
    ["https://169.254.169.254/", "metadata"],
    ["http://2852039166/", "metadata"],
    ["http://0xa9.0xfe.0xa9.0xfe/", "metadata"],
    ["http://[::ffff:169.254.169.254]/", "metadata"],
    ["http://[64:ff9b::a9fe:a9fe]/", "metadata"],
    ["http://[fe80::1]/", "metadata"],
    ["http://[fd00:ec2::254]/", "metadata"],
    ["http://0.0.0.0:4380/", "metadata"],
    ["http://[::]/", "metadata"],
    ["http://224.0.0.1/", "metadata"],
    ["http://255.255.255.255/", "metadata"],
    ["http://93.184.216.34/", "use https"],
    [`https://example.org/${"x".repeat(3000)}`, "2000 characters"],
  ])("not %s", (text, fault) => {
    expect(() => parseWebhookAddress(text)).toThrow(fault);
  });

  it("applies the same rules to the addresses of a name", () => {
    expect(findAddressFault("169.254.1.1", false)).toMatch(/link-local/);
    expect(findAddressFault("192.168.0.7", true)).toBeNull();
    expect(findAddressFault("8.8.8.8", true)).toMatch(/https/);
    expect(findAddressFault("8.8.8.8", false)).toBeNull();
    expect(findAddressFault("nonsense", false)).toMatch(/not an IP address/);
  });
});
