import { readdirSync, readFileSync } from "node:fs";
import { Command } from "commander";
import { expect, it } from "vitest";
import type { OpenApiDocument } from "../../api/openapi-document.ts";
import type { DefineCommand } from "../../cli/command.ts";
import { commandNames } from "../../cli/program.ts";
import { testInstallation } from "../test-installation.ts";

/**
 * What each command does over HTTP, written by hand: its routes, or why it has none. Held against the commands
 * that there are, the routes that there are, and the addresses that stand in the commands' sources.
 */
const onFile = "works on a file, with nothing of an installation";
const isService = "is the service itself";
const routesByCommand: Readonly<Record<string, readonly string[] | string>> = {
  fit: onFile,
  assign: onFile,
  demo: isService,
  serve: isService,
  "agents list": ["GET /v1/agents"],
  "agents show": ["GET /v1/agents/{agent}"],
  "agents apply": ["PUT /v1/agents"],
  "agents suggest": onFile,
  "judges evaluate": onFile,
  "judges weights": onFile,
  "judges uncertainty": onFile,
  "judges cards": ["GET /v1/judges/{agent}"],
  "judges methods": ["GET /v1/judges/{agent}/methods"],
  "judges results": ["GET /v1/judges/{agent}/results"],
  status: ["GET /v1/status"],
  doctor: ["GET /v1/doctor"],
  "jobs list": ["GET /v1/jobs"],
  "jobs run": ["POST /v1/jobs/{job}/run"],
  "jobs pause": ["POST /v1/jobs/{job}/pause"],
  "jobs resume": ["POST /v1/jobs/{job}/resume"],
  "jobs history": ["GET /v1/jobs/runs"],
  "settings list": ["GET /v1/settings"],
  "settings get": ["GET /v1/settings/{key}"],
  "settings set": ["PUT /v1/settings/{key}"],
  "settings reset": ["DELETE /v1/settings/{key}"],
  train: ["POST /v1/agents/{agent}/bundles"],
  "bundles list": ["GET /v1/bundles"],
  "bundles show": ["GET /v1/bundles/{bundle_id}"],
  "bundles diff": ["GET /v1/bundles/{bundle_id}/diff"],
  "bundles propose": ["POST /v1/bundles/{bundle_id}/proposal", "GET /v1/approvals/{approval_id}"],
  "bundles adjust": ["POST /v1/bundles/{bundle_id}/adjustment"],
  "bundles apply": ["POST /v1/approvals/{approval_id}/application"],
  "bundles rollback": ["POST /v1/agents/{agent}/bundles/rollback"],
  "bundles verify": ["POST /v1/bundles/{bundle_id}/verification"],
  explain: ["POST /v1/agents/{agent}/explanation"],
  "approvals list": ["GET /v1/approvals"],
  "approvals show": ["GET /v1/approvals/{approval_id}"],
  "approvals approve": ["POST /v1/approvals/{approval_id}/approval"],
  "approvals edit": ["PUT /v1/approvals/{approval_id}/bundle"],
  "approvals reject": ["POST /v1/approvals/{approval_id}/rejection"],
  "weights show": ["GET /v1/judges/{agent}/weights"],
  "weights update": ["POST /v1/judges/update"],
  sample: ["POST /v1/sampler/{agent}/sample", "GET /v1/sampler/stats", "GET /v1/agents"],
  review: [
    "POST /v1/review/claim",
    "GET /v1/review/items/{item}",
    "POST /v1/review/items/{item}/claim",
    "POST /v1/review/items/{item}/renew",
    "POST /v1/review/items/{item}/release",
    "POST /v1/review/items/{item}/label",
    "POST /v1/review/items/{item}/skip",
    "POST /v1/review/undo",
  ],
  "review queue": ["GET /v1/review/queue"],
  "review list": ["GET /v1/review/items"],
  "review show": ["GET /v1/review/items/{item}"],
  "review claim": ["POST /v1/review/claim"],
  "review label": ["POST /v1/review/items/{item}/claim", "POST /v1/review/items/{item}/label"],
  "review skip": ["POST /v1/review/items/{item}/claim", "POST /v1/review/items/{item}/skip"],
  "review renew": ["POST /v1/review/items/{item}/renew"],
  "review release": ["POST /v1/review/items/{item}/release"],
  "review undo": ["POST /v1/review/undo"],
  "review correct": ["POST /v1/review/items/{item}/correction"],
  "review disputed": ["GET /v1/review/disputed"],
  "review adjudicate": ["POST /v1/review/items/{item}/adjudication"],
  "review agreement": ["GET /v1/review/agreement/{agent}"],
  "queue-statistics": ["GET /v1/agents/{agent}/queue-statistics", "GET /v1/agents/{agent}/population"],
  simulate: "works on assumptions, with nothing of an installation",
  "canary status": ["GET /v1/agents/{agent}/canary"],
  "canary watch": ["GET /v1/agents/{agent}/canary", "POST /v1/agents/{agent}/canary/check"],
  "canary check": ["POST /v1/agents/{agent}/canary/check"],
  "canary analyze": ["POST /v1/agents/{agent}/canary/analyze"],
  "canary promote": ["POST /v1/agents/{agent}/canary/promote"],
  "canary rollback": ["POST /v1/agents/{agent}/canary/rollback"],
  "canary pause": ["POST /v1/agents/{agent}/canary/pause"],
  "canary resume": ["POST /v1/agents/{agent}/canary/resume"],
  "canary kill-switch": ["PUT /v1/agents/{agent}/kill-switch"],
  "rollouts list": ["GET /v1/rollouts"],
  "rollouts abort": ["POST /v1/rollouts/{rollout_id}/abort"],
  "rollouts receipts": ["GET /v1/rollouts/{rollout_id}/receipts"],
  "rollouts replay": ["POST /v1/rollouts/{rollout_id}/replay"],
  "rollouts overrides": ["GET /v1/rollouts/overrides"],
  "rollouts review": ["POST /v1/rollouts/{rollout_id}/overrides/{generation}/review"],
  "notifications list": ["GET /v1/notifications/endpoints"],
  "notifications add": ["PUT /v1/notifications/endpoints/{name}"],
  "notifications remove": ["DELETE /v1/notifications/endpoints/{name}"],
  "notifications test": ["POST /v1/notifications/endpoints/{name}/test"],
  import: ["POST /v1/signals/{kind}", "POST /v1/examples", "GET /v1/agents/{agent}"],
  "feeds load": ["POST /v1/feeds/load"],
  "examples list": ["GET /v1/examples"],
  "examples export": ["GET /v1/examples/export"],
  "conflicts list": ["GET /v1/conflicts"],
  "conflicts settle": ["POST /v1/conflicts/{id}/settle"],
  stats: ["GET /v1/stats"],
  erase: ["POST /v1/erasures"],
  "keys create": ["POST /v1/keys"],
  "keys list": ["GET /v1/keys"],
  "keys revoke": ["POST /v1/keys/{key_id}/revocation"],
  "keys whoami": ["GET /v1/session"],
  "keys sessions": ["GET /v1/sessions"],
  "keys sign-out": ["DELETE /v1/sessions/{session_id}"],
  "audit list": ["GET /v1/audit"],
  "audit export": ["GET /v1/audit/export"],
  "audit verify": ["GET /v1/audit/verification"],
};

const used = [
  ...new Set(Object.values(routesByCommand).flatMap((one) => (typeof one === "string" ? [] : one))),
];

/** The commands that do something, by their words. */
async function commands(): Promise<string[]> {
  const found: string[] = [];
  const walk = (command: Command, words: string): void => {
    const defined = command as Command & { readonly _actionHandler?: unknown };
    if (command.commands.length === 0 || defined._actionHandler != null) found.push(words);
    for (const part of command.commands) walk(part, `${words} ${part.name()}`);
  };
  for (const name of commandNames.filter((one) => one !== "help")) {
    const { define } = (await import(`../../cli/${name}.ts`)) as { define: DefineCommand };
    const command = new Command(name);
    define(command);
    walk(command, name);
  }
  return found;
}

it("every command has its routes in the table, or the reason why it has none", async () => {
  expect(Object.keys(routesByCommand).sort()).toEqual((await commands()).sort());
});

it("every route that a command uses is one of the service", async () => {
  const { fetch } = await testInstallation();
  const { paths } = (await (await fetch("/openapi.json")).json()) as OpenApiDocument;
  const served = new Set(
    Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    ),
  );
  expect(used.filter((route) => !served.has(route))).toEqual([]);
});

it("every address in the commands' sources is in the table, and the other way round", () => {
  const folder = new URL("../../cli/", import.meta.url);
  const addresses = readdirSync(folder)
    .filter((file) => file.endsWith(".ts") && !/\.(test|fixture)\.ts$/.test(file) && file !== "api.ts")
    .flatMap((file) =>
      [
        ...readFileSync(new URL(file, folder), "utf8").matchAll(
          /["`](\/v1\/[^"`]*|\$\{itemPath\(item\)\}[^"`]*)/g,
        ),
      ].map(([, address = ""]) =>
        address.replace(/^\$\{itemPath\(item\)\}/, "/v1/review/items/{}").replace(/\$\{[^}]*\}/g, "{}"),
      ),
    );
  const known = used.map((route) => route.slice(route.indexOf("/")));
  const fits = (address: string, path: string): boolean =>
    new RegExp(`^${address.replaceAll("{}", "[^/]+")}$`).test(path.replace(/\{[^}]+\}/g, "x"));
  expect(addresses.filter((address) => !known.some((path) => fits(address, path)))).toEqual([]);
  expect(known.filter((path) => !addresses.some((address) => fits(address, path)))).toEqual([]);
});
