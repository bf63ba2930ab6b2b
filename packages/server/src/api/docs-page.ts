/**
 * Renders the OpenAPI document as a page: every operation with its right, parameters, body, example and errors.
 * The page uses one style and one small script of this service and loads nothing from other hosts.
 */
import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import { type OpenApiDocument, problemCodes } from "./openapi-document.ts";

type Json = { readonly [name: string]: unknown };

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function docsPage(context: Context, document: OpenApiDocument): Response {
  const nonce = randomBytes(16).toString("base64url");
  return context.body(render(document, nonce), 200, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  });
}

/** Serves the script that hides sections without all of the words in the search field. */
export function docsScript(context: Context): Response {
  return context.body(
    `const input = document.getElementById("search");
const sections = [...document.querySelectorAll("[data-words]")];
const none = document.getElementById("none");
const filter = () => {
  const words = input.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const section of sections) {
    section.hidden = !words.every((word) => section.dataset.words.includes(word));
    if (!section.hidden) shown += 1;
  }
  none.hidden = shown > 0;
};
input.addEventListener("input", filter);
filter();
`,
    200,
    { "content-type": "text/javascript; charset=utf-8" },
  );
}

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } h3 { font-size: .95rem; margin: 1rem 0 .25rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid var(--line); border-radius: 4px; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: 4px; margin: .5rem 0; padding: .5rem .75rem; }
summary { cursor: pointer; } summary b { display: inline-block; min-width: 4rem; }
label { display: block; font-weight: 600; } input { font: inherit; width: 100%; box-sizing: border-box; padding: .4rem; margin-top: .25rem; }
.top { position: sticky; top: 0; background: Canvas; padding: .5rem 0; }
`;

function render(document: OpenApiDocument, nonce: string): string {
  const operations = Object.entries(document.paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]) =>
      operationSection(path, method, operation, document),
    ),
  );
  const schemas = Object.entries(document.components.schemas)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, schema]) =>
        `<details id="schema-${escapeHtml(name)}" data-words="${toSearchText(name, "document", JSON.stringify(schema))}"><summary><code>${escapeHtml(name)}</code></summary><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre></details>`,
    );
  const codes = problemCodes().map(
    ({ code, status, title }) =>
      `<tr id="problem-${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(title)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Relearn HTTP API</title><style nonce="${nonce}">${style}</style></head>
<body>
<h1>Relearn HTTP API</h1>
<p>${operations.length} operations, as <a href="/openapi.json">OpenAPI 3.1</a>. Errors are problem documents with a stable <code>code</code>. Unknown parameters and members are refused. Every request body may be compressed with gzip.</p>
<div class="top"><label for="search">Search operations and documents</label><input id="search" type="search" autocomplete="off" placeholder="e.g. post signals, right:approve"></div>
<p id="none" role="status" hidden>No operation or document contains all of these words.</p>
<main>
<h2>Operations</h2>
${operations.join("\n")}
<h2>Documents</h2>
${schemas.join("\n")}
<h2>Problem codes</h2>
<table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th></tr></thead><tbody>${codes.join("")}</tbody></table>
</main>
<script src="/docs/search.js" defer></script>
</body>
</html>
`;
}

function operationSection(path: string, method: string, operation: Json, document: OpenApiDocument): string {
  const right = String(operation["x-relearn-right"] ?? "none");
  const parameters = (operation["parameters"] as Json[] | undefined) ?? [];
  const rows = parameters.map(
    (one) =>
      `<tr><td><code>${escapeHtml(String(one["name"]))}</code></td><td>${escapeHtml(String(one["in"]))}${one["required"] === true ? ", required" : ""}</td><td>${describeSchema(one["schema"])} ${escapeHtml(String(one["description"] ?? ""))}</td></tr>`,
  );
  const body = operation["requestBody"];
  const content = isObject(body) && isObject(body["content"]) ? Object.entries(body["content"]) : [];
  const responses = isObject(operation["responses"]) ? Object.entries(operation["responses"]) : [];
  const summary = String(operation["summary"] ?? "");
  return `<details id="${escapeHtml(String(operation["operationId"]))}" data-words="${toSearchText(method, path, summary, `right:${right}`)}">
<summary><b>${method.toUpperCase()}</b><code>${escapeHtml(path)}</code> ${escapeHtml(summary)}</summary>
<p>Right: <code>${escapeHtml(right)}</code></p>
${rows.length === 0 ? "" : `<h3>Parameters</h3><table>${rows.join("")}</table>`}
${content.map(([type, one]) => `<h3>Body, ${escapeHtml(type)}</h3><pre>${describeBody(one)}</pre>`).join("")}
<h3>Example</h3><pre>${escapeHtml(formatExample(path, method, parameters, content, document))}</pre>
<h3>Responses</h3><table>${responses.map(([status, one]) => `<tr><td>${escapeHtml(status)}</td><td>${describeResponse(one)}</td></tr>`).join("")}</table>
</details>`;
}

function describeBody(one: unknown): string {
  return linked(JSON.stringify(isObject(one) ? one["schema"] : one, null, 2) ?? "");
}

function describeResponse(response: unknown): string {
  if (!isObject(response)) return "";
  const target = response["$ref"];
  if (typeof target === "string") return `Problem: ${escapeHtml(target.split("/").at(-1) ?? "")}`;
  const content = isObject(response["content"]) ? Object.entries(response["content"]) : [];
  const schemas = content.map(
    ([type, one]) => `${escapeHtml(type)} ${describeSchema(isObject(one) ? one["schema"] : undefined)}`,
  );
  return `${escapeHtml(String(response["description"] ?? ""))}<br>${schemas.join("<br>")}`;
}

const describeSchema = (schema: unknown): string =>
  schema === undefined ? "" : `<code>${linked(JSON.stringify(schema))}</code>`;

/** Escapes JSON and turns its references into links. */
const linked = (text: string): string =>
  escapeHtml(text).replaceAll(/&quot;#\/components\/schemas\/(\w+)&quot;/g, '<a href="#schema-$1">$1</a>');

function formatExample(
  path: string,
  method: string,
  parameters: readonly Json[],
  content: readonly (readonly [string, unknown])[],
  document: OpenApiDocument,
): string {
  const filled = parameters
    .filter((one) => one["in"] === "path")
    .reduce((whole, one) => whole.replace(`{${String(one["name"])}}`, String(one["example"])), path);
  const options = method === "get" ? "" : ` -X ${method.toUpperCase()}`;
  const key = ' -H "authorization: Bearer $RELEARN_API_KEY"';
  const json = content.find(([type]) => type === "application/json")?.[1];
  const schema = isObject(json) ? json["schema"] : undefined;
  const body =
    schema === undefined
      ? ""
      : ` \\\n  -H 'content-type: application/json' -d '${JSON.stringify(createSample(schema, document, 0))}'`;
  return `curl${options} http://localhost:4380${filled}${key}${body}`;
}

/** Creates a minimal value of a schema: its required members. */
function createSample(schema: unknown, document: OpenApiDocument, depth: number): unknown {
  if (!isObject(schema) || depth > 6) return {};
  if (Array.isArray(schema["examples"])) return schema["examples"][0];
  if ("default" in schema) return schema["default"];
  if ("const" in schema) return schema["const"];
  if (Array.isArray(schema["enum"])) return schema["enum"][0];
  const target = schema["$ref"];
  if (typeof target === "string") {
    return createSample(document.components.schemas[target.split("/").at(-1) ?? ""], document, depth + 1);
  }
  const options = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(options)) return createSample(options[0], document, depth + 1);
  switch (Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"]) {
    case "string":
      return schema["format"] === "date-time" ? "2026-03-02T12:00:00Z" : "text";
    case "integer":
    case "number":
      return Math.max(Number(schema["minimum"] ?? 0), Number(schema["exclusiveMinimum"] ?? 0));
    case "boolean":
      return true;
    case "array":
      return [createSample(schema["items"], document, depth + 1)];
    default: {
      const required = (schema["required"] as string[] | undefined) ?? [];
      const properties = isObject(schema["properties"]) ? schema["properties"] : {};
      return Object.fromEntries(
        required.map((name) => [name, createSample(properties[name], document, depth + 1)]),
      );
    }
  }
}

const toSearchText = (...texts: string[]): string => escapeHtml(texts.join(" ").toLowerCase());

const escapeHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
