import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { releaseChangelog, setVersion } from "./version.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifests = readdirSync(join(root, "packages")).map((name) => `packages/${name}/package.json`);
let checkout: string;

/** Copies the files of this checkout that have a version. */
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "relearn-version-"));
  for (const file of ["package-lock.json", ...manifests]) {
    mkdirSync(dirname(join(checkout, file)), { recursive: true });
    cpSync(join(root, file), join(checkout, file));
  }
  writeFileSync(join(checkout, "CHANGELOG.md"), "# Changelog\n\n## [Unreleased]\n### Added\n- A thing.\n");
});

afterEach(() => rmSync(checkout, { recursive: true }));

const read = (file: string): string => readFileSync(join(checkout, file), "utf8");

describe("setVersion", () => {
  it("changes the versions and nothing else", () => {
    const present = JSON.parse(read("packages/server/package.json")).version;
    const before = [...manifests, "package-lock.json"].map((file) => [file, read(file)] as const);
    setVersion(checkout, "77.8.9", "2026-12-01");
    for (const [file, text] of before) {
      const lines = text.split("\n");
      const changed = read(file)
        .split("\n")
        .map((line, n) => [lines[n], line] as const)
        .filter(([old, line]) => old !== line);
      expect(changed.length, file).toBeGreaterThan(0);
      for (const [old, line] of changed) {
        expect(old).toMatch(/"(version|relearn|@relearn\/[a-z]+)": "/);
        expect(line).toBe(old?.replace(`"${present}"`, '"77.8.9"'));
      }
    }
    const { packages } = JSON.parse(read("package-lock.json"));
    for (const file of manifests) {
      expect(JSON.parse(read(file)).version).toBe("77.8.9");
      expect(packages[dirname(file)].version).toBe("77.8.9");
    }
    expect(JSON.parse(read("packages/server/package.json")).dependencies["@relearn/client"]).toBe("77.8.9");
    expect(read("CHANGELOG.md")).toBe(
      "# Changelog\n\n## [Unreleased]\n\n## [77.8.9] - 2026-12-01\n### Added\n- A thing.\n",
    );
  });

  it.each([
    ["0.2", /"0.2" is not a version/],
    ["v0.2.0", /"v0.2.0" is not a version/],
    ["0.0.9", /0.0.9 is older than/],
    ["0.0.9-beta.1", /0.0.9-beta.1 is older than/],
  ])("refuses %s and writes nothing", (version, message) => {
    const files = ["CHANGELOG.md", "package-lock.json", ...manifests];
    const before = files.map(read);
    expect(() => setVersion(checkout, version, "2026-12-01")).toThrow(message);
    expect(files.map(read)).toEqual(before);
  });
});

describe("releaseChangelog", () => {
  it.each([
    ["there is no such section", "# Changelog\n", /has no section/],
    ["it is empty", "## [Unreleased]\n\n## [0.1.0] - 2026-01-01\n- A thing.\n", /has no entries/],
    [
      "the version has a section",
      "## [Unreleased]\n- B.\n\n## [0.2.0] - 2026-01-01\n- A.\n",
      /already has a section 0\.2\.0/,
    ],
  ])("refuses when %s", (_, changelog, message) => {
    expect(() => releaseChangelog(changelog, "0.2.0", "2026-12-01")).toThrow(message);
  });

  it("keeps what stands below", () => {
    const older = "## [0.1.0] - 2026-01-01\n### Added\n- A.\n";
    expect(releaseChangelog(`## [Unreleased]\n### Fixed\n- B.\n\n${older}`, "0.2.0", "2026-12-01")).toBe(
      `## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n### Fixed\n- B.\n\n${older}`,
    );
  });
});

it("the changelog of this checkout has a section for what comes next, and the known kinds of entries", () => {
  const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  expect(changelog).toContain("\n## [Unreleased]\n");
  // Keep a Changelog: https://keepachangelog.com/en/1.1.0/
  const kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
  const used = [...changelog.matchAll(/^### (.+)$/gm)].map(([, kind]) => kind);
  expect(used.length).toBeGreaterThan(0);
  expect(used.filter((kind) => !kinds.includes(kind!))).toEqual([]);
});
