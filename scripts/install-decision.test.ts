import { describe, expect, it } from "vitest";
import { decideInstall, parseMarker } from "./install-decision.mjs";

describe("whether to install", () => {
  const complete = {
    lockHash: "a1",
    platform: "linux-x64",
    marker: { lockHash: "a1", platform: "linux-x64" },
    hasHiddenLockfile: true,
    hasPinnedNode: true,
  };

  it("is no when the last installation ran to its end, of this lockfile and on this platform", () => {
    expect(decideInstall(complete)).toEqual({ install: false });
  });

  it.each([
    [
      "there is no node_modules",
      { hasHiddenLockfile: false, marker: undefined, hasPinnedNode: false },
      "missing",
    ],
    ["a killed installation left half of it", { hasHiddenLockfile: false, marker: undefined }, "unfinished"],
    ["half of it is left and the old marker too", { hasHiddenLockfile: false }, "unfinished"],
    ["it was killed in the install scripts", { marker: undefined }, "did not run to its end"],
    ["the lockfile has changed", { lockHash: "b2" }, "package-lock.json has changed"],
    ["it was made on another platform", { platform: "darwin-arm64" }, "made on linux-x64, this is darwin"],
    ["the pinned Node's install script was not run", { hasPinnedNode: false }, "pinned Node is missing"],
  ])("is yes when %s", (_case, facts, reason) => {
    expect(decideInstall({ ...complete, ...facts })).toEqual({
      install: true,
      reason: expect.stringContaining(reason),
    });
  });
});

describe("the marker's text", () => {
  it("is read back", () => {
    const marker = { lockHash: "a1", platform: "linux-x64" };
    expect(parseMarker(`${JSON.stringify(marker)}\n`)).toEqual(marker);
  });

  it.each(["", "{", "null", "{}", '{"lockHash":1,"platform":"x"}', '{"lockHash":"a1"}'])(
    "counts as none when it is %j",
    (text) => expect(parseMarker(text)).toBeUndefined(),
  );
});
