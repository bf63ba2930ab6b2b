import { runCommandLine } from "../packages/server/src/main.ts";

const options = process.argv.slice(2);
const names = options.map((option) => option.split("=")[0]);
const isOwnData = names.includes("--data") || names.includes("--database");
await runCommandLine([isOwnData ? "serve" : "demo", ...options]);
