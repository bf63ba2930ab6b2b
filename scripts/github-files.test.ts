/** Validates .github/, which GitHub reads only after a push. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
// Installed by vite, which is a dependency.
import { parse } from "yaml";
import { testFiles } from "./testing/test-files.ts";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly "working-directory"?: string;
}

interface Job {
  readonly "runs-on": string;
  readonly "timeout-minutes": number;
  readonly needs?: string;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly name: string;
  readonly on: object;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (file: string): unknown => parse(readFileSync(join(root, file), "utf8"), { strict: true });
const workflows = globSync(".github/workflows/*.yml", { cwd: root }).sort();
const forms = globSync(".github/ISSUE_TEMPLATE/*_*.yml", { cwd: root }).sort();
const npmCommands = ["ci", "test", "run", "publish", "pkg"];

it("there are workflows and forms", () => {
  expect(workflows.map((file) => file.replace(/.*\//, ""))).toEqual(["ci.yml", "publish.yml"]);
  expect(forms.length).toBe(2);
});

describe.each(workflows)("%s", (file) => {
  const workflow = read(file) as Workflow;
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps);

  it("has what every workflow needs", () => {
    expect(workflow).toMatchObject({ name: expect.any(String), on: expect.any(Object) });
    expect(workflow.permissions).toEqual({ contents: "read" });
    for (const [name, job] of jobs) {
      expect(job["runs-on"], name).toMatch(/^(ubuntu|macos)-latest$/);
      expect(job["timeout-minutes"], name).toBeGreaterThan(0);
      if (job.needs !== undefined) expect(Object.keys(workflow.jobs)).toContain(job.needs);
    }
  });

  it("has steps that either use an action of one version or run a command", () => {
    expect(steps.length).toBeGreaterThan(2);
    for (const step of steps) {
      expect([step.uses, step.run].filter((each) => each !== undefined)).toHaveLength(1);
      if (step.uses !== undefined) expect(step.uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
    }
  });

  it("calls npm scripts and files that exist", () => {
    const commands = steps.filter(({ run }) => run !== undefined);
    expect(commands.length).toBeGreaterThan(2);
    for (const { run = "", "working-directory": folder = "." } of commands) {
      const { scripts } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
      for (const [, command, script] of run.matchAll(/\bnpm ([a-z]+)(?: ([a-z:]+))?/g)) {
        expect(npmCommands, run).toContain(command);
        if (command === "run") expect(Object.keys(scripts), run).toContain(script);
        if (command === "test") expect(Object.keys(scripts), run).toContain("test");
      }
      for (const [, program] of run.matchAll(/\bnode ([\w./-]+\.(?:mjs|ts))/g)) {
        expect(existsSync(join(root, folder, program!)), program).toBe(true);
      }
      for (const [, project] of run.matchAll(/--project (\S+)/g)) {
        expect(Object.keys(testFiles)).toContain(project);
      }
      for (const [path] of run.matchAll(/\b(?:packages|scripts)\/[\w./-]+/g)) {
        expect(existsSync(join(root, folder, path)), path).toBe(true);
      }
    }
  });

  it("uses only values of its matrix that the matrix has", () => {
    for (const [name, job] of jobs) {
      for (const [, key] of JSON.stringify(job).matchAll(/matrix\.([a-z]+)/g)) {
        expect(Object.keys(job.strategy?.matrix ?? {}), name).toContain(key);
      }
    }
  });
});

it("CI runs every Node line on every database", () => {
  const { jobs } = read(".github/workflows/ci.yml") as Workflow;
  expect(jobs["tests"]?.strategy?.matrix).toEqual({
    node: [22, 24, 26],
    database: ["embedded", "15", "16", "17", "18"],
  });
});

describe.each(forms)("%s", (file) => {
  it("is an issue form: a name, a description, questions with labels", () => {
    const form = read(file) as {
      readonly name: string;
      readonly description: string;
      readonly body: readonly { readonly type: string; readonly id?: string; readonly attributes: object }[];
    };
    expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
    const questions = form.body.filter(({ type }) => type !== "markdown");
    const ids = questions.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { type, id, attributes } of questions) {
      expect(["textarea", "input", "dropdown", "checkboxes"]).toContain(type);
      expect(id).toMatch(/^[a-z]+$/);
      expect(attributes).toMatchObject({ label: expect.any(String) });
      if (type === "dropdown") expect(attributes).toMatchObject({ options: expect.any(Array) });
    }
  });
});

it("dependency updates are asked for where there are manifests", () => {
  const { version, updates } = read(".github/dependabot.yml") as {
    readonly version: number;
    readonly updates: readonly Readonly<Record<"package-ecosystem" | "directory", string>>[];
  };
  expect(version).toBe(2);
  const npm = updates.filter((update) => update["package-ecosystem"] === "npm");
  expect(npm.map(({ directory }) => directory)).toEqual(["/", "/site"]);
  for (const { directory } of npm) expect(existsSync(join(root, directory, "package-lock.json"))).toBe(true);
});
