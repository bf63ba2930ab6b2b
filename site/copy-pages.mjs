// Copies the documentation into pages/, at the same relative paths. VitePress compiles pages to modules that
// import Vue, and from outside this folder they would not find it.
import { cpSync, globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const checkout = fileURLToPath(new URL("..", import.meta.url));
const copies = fileURLToPath(new URL("pages", import.meta.url));
const patterns = ["*.md", "docs/**/*.{md,svg,png}", "examples/**/*.md"];

rmSync(copies, { recursive: true, force: true });
for (const file of globSync(patterns, { cwd: checkout })) cpSync(join(checkout, file), join(copies, file));
