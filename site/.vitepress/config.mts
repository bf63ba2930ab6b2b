import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type MarkdownRenderer } from "vitepress";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const copies = fileURLToPath(new URL("../pages", import.meta.url));
const pages = globSync("**/*.md", { cwd: copies });

/** The pages of the sidebar in reading order. What no group names is listed under "More". */
const groups: readonly { readonly text: string; readonly files: readonly string[] }[] = [
  { text: "Start", files: named("README", "docs/install", "docs/getting-started", "docs/concepts") },
  {
    text: "Use",
    files: named(
      ...["docs/cli", "docs/http-api", "docs/library", "docs/client", "docs/signals", "docs/notifications"],
    ),
  },
  { text: "Run", files: named("docs/operations", "SECURITY", "docs/benchmarks") },
  { text: "Methods", files: pages.filter((file) => file.startsWith("docs/methods/")).sort() },
  { text: "Project", files: named("ARCHITECTURE", "CONTRIBUTING", "CHANGELOG") },
  { text: "Decisions", files: pages.filter((file) => file.startsWith("docs/adr/")).sort() },
];
const listed = groups.flatMap(({ files }) => files);

export default defineConfig({
  title: "Relearn",
  description: "The learning loop for AI agents.",
  srcDir: "./pages",
  outDir: "./dist",
  cacheDir: "./.vitepress/cache",
  rewrites: { "README.md": "index.md" },
  // TypeDoc writes the reference beside the pages after them.
  ignoreDeadLinks: [/^\/reference\//],
  markdown: { config: rewriteLinks },
  themeConfig: {
    outline: [2, 3],
    search: { provider: "local" },
    nav: [
      { text: "Getting started", link: "/docs/getting-started" },
      { text: "API reference", link: "/reference/", target: "_self" },
    ],
    sidebar: [...groups, { text: "More", files: pages.filter((file) => !listed.includes(file)).sort() }].map(
      ({ text, files }) => ({
        text,
        collapsed: text === "Methods" || text === "Decisions" || text === "More",
        items: files.map((file) => ({ text: readTitle(file), link: toLink(file) })),
      }),
    ),
  },
});

function named(...names: readonly string[]): string[] {
  return names.map((name) => `${name}.md`).filter((file) => pages.includes(file));
}

function readTitle(file: string): string {
  return /^# (.+)$/m.exec(readFileSync(join(checkout, file), "utf8"))?.[1]?.replaceAll("`", "") ?? file;
}

function toLink(file: string): string {
  return file === "README.md" ? "/" : `/${file.replace(/\.md$/, "")}`;
}

/**
 * Lets a link to a page lead to that page, and shows a link to anything else in the checkout (sources, data)
 * as plain text: the site holds no sources, and no public address of the repository is known.
 */
function rewriteLinks(md: MarkdownRenderer): void {
  md.core.ruler.push("checkout-links", ({ tokens, env }) => {
    for (const { children } of tokens) {
      let textOnly = false;
      for (const token of children ?? []) {
        if (token.type === "link_open") {
          const href = token.attrGet("href") ?? "";
          if (/^([a-z]+:|#|\/)/.test(href)) continue;
          const [path = "", anchor] = href.split("#");
          const target = normalize(join(dirname(env.relativePath), decodeURI(path))).replace(/\/$/, "");
          if (pages.includes(target)) {
            token.attrSet("href", `${toLink(target)}${anchor === undefined ? "" : `#${anchor}`}`);
          } else if (existsSync(join(checkout, target))) {
            textOnly = true;
            token.type = "html_inline";
            token.content = "<span>";
          }
        } else if (token.type === "link_close" && textOnly) {
          textOnly = false;
          token.type = "html_inline";
          token.content = "</span>";
        }
      }
    }
  });
}
