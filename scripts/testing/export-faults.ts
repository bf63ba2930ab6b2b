import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Value of a condition in `exports`: a path, or further conditions. */
type ExportTarget = string | { readonly [condition: string]: ExportTarget };

interface Target {
  /** Subpath and conditions of the file, such as `./node require types`. */
  readonly name: string;
  readonly subpath: string;
  readonly conditions: readonly string[];
  readonly path: string;
}

/**
 * Returns the faults of a published package's `exports`, one sentence each: a file that is missing, a subpath
 * that `import` or `require` cannot reach, JavaScript without types beside it, and types or JavaScript that
 * Node would read as the other kind of module than the condition promises.
 */
export function findExportFaults(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, ExportTarget>>;
  };
  const targets = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
    listTargets(subpath, [], target),
  );
  const missing = targets.filter(({ path }) => !existsSync(join(folder, path)));
  const present = targets.filter((target) => !missing.includes(target));
  return [
    ...missing.map(({ name, path }) => `${name}: ${path} does not exist`),
    ...present.flatMap((target) => findKindFault(folder, target)),
    ...Object.keys(manifest.exports).flatMap((subpath) =>
      ["import", "require"].flatMap((condition) => {
        const reached = targets.filter(
          (target) => target.subpath === subpath && isReached(target, condition),
        );
        const [first] = reached;
        if (first === undefined) return [`${subpath}: ${condition} reaches no file`];
        // TypeScript uses the first condition that matches, so it never finds types after the JavaScript.
        if (!first.conditions.includes("types")) return [`${subpath}: ${condition} finds no types`];
        const code = reached.find(({ conditions }) => !conditions.includes("types"));
        if (code === undefined) return [`${subpath}: ${condition} finds types without JavaScript`];
        return first.path === code.path.replace(/\.([cm]?)js$/, ".d.$1ts")
          ? []
          : [`${subpath}: ${condition} has the types ${first.path} for ${code.path}`];
      }),
    ),
  ];
}

function listTargets(subpath: string, conditions: readonly string[], target: ExportTarget): Target[] {
  if (typeof target === "string") {
    return [{ name: [subpath, ...conditions].join(" "), subpath, conditions, path: target }];
  }
  return Object.entries(target).flatMap(([condition, next]) =>
    listTargets(subpath, [...conditions, condition], next),
  );
}

function isReached({ conditions }: Target, condition: string): boolean {
  return conditions.every((each) => each === condition || each === "types" || each === "default");
}

/**
 * Returns a fault if a file is not of the promised kind. An entry for both conditions promises no kind, because
 * Node 22.12 and later also load ES modules by `require`.
 */
function findKindFault(folder: string, { name, conditions, path }: Target): string[] {
  const kind = readModuleKind(folder, path);
  const promised = conditions.includes("import")
    ? "module"
    : conditions.includes("require")
      ? "commonjs"
      : undefined;
  return promised === undefined || promised === kind ? [] : [`${name}: ${path} is read as ${kind}`];
}

function readModuleKind(folder: string, path: string): "module" | "commonjs" {
  if (/\.(mjs|d\.mts)$/.test(path)) return "module";
  if (/\.(cjs|d\.cts)$/.test(path)) return "commonjs";
  for (let at = dirname(join(folder, path)); !relative(folder, at).startsWith(".."); at = dirname(at)) {
    const file = join(at, "package.json");
    if (!existsSync(file)) continue;
    return JSON.parse(readFileSync(file, "utf8")).type === "module" ? "module" : "commonjs";
  }
  return "commonjs";
}
