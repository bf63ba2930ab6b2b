import { describe, expect, it } from "vitest";
import { faultOfAddress, parseWebhookAddress } from "./webhook-address.ts";

describe("where webhooks may go", () => {
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
    ["", "is no address"],
    ["relearn.example.org", "is no address"],
    ["ftp://example.org/", "neither https: nor http:"],
    ["file:///etc/passwd", "neither https: nor http:"],
    ["javascript:alert(1)", "neither https: nor http:"],
    ["https://ana:secret@example.org/", "a name or a password"],
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
  ])("not %s", (text, why) => {
    expect(() => parseWebhookAddress(text)).toThrow(why);
  });

  it("checks what a name stands for by the same rules", () => {
    expect(faultOfAddress("169.254.1.1", false)).toMatch(/link-local/);
    expect(faultOfAddress("192.168.0.7", true)).toBeNull();
    expect(faultOfAddress("8.8.8.8", true)).toMatch(/https/);
    expect(faultOfAddress("8.8.8.8", false)).toBeNull();
    expect(faultOfAddress("nonsense", false)).toMatch(/no address/);
  });
});
