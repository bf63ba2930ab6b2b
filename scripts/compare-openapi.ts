/**
 * `node scripts/compare-openapi.ts OLD NEW`: lists the differences between two OpenAPI documents of Relearn as additive
 * or breaking, and ends with code 1 if one is breaking.
 *
 * Changes within /v1 are additive: requests of the old document remain valid, and its responses can still be read.
 * Callers ignore unknown members of responses, and treat unknown enum values as unknown.
 */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

type Json = Readonly<Record<string, unknown>>;

export interface ApiChange {
  readonly kind: "additive" | "breaking";
  /** Operation and place, such as `POST /v1/examples request.items.label`. */
  readonly at: string;
  readonly message: string;
}

/** Use of a schema: in requests (`sent`) or in responses (`answered`). */
type Direction = "sent" | "answered";

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const object = (value: unknown): Json => (isObject(value) ? value : {});
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Returns every difference between two documents that affects a caller, in the order of the old document. */
export function compareOpenApi(before: Json, after: Json): ApiChange[] {
  return new Comparison(before, after).run();
}

class Comparison {
  readonly #before: Json;
  readonly #after: Json;
  readonly #changes: ApiChange[] = [];
  /** Pairs of named schemas that are being compared, because schemas may be recursive. */
  readonly #open = new Set<string>();

  constructor(before: Json, after: Json) {
    this.#before = before;
    this.#after = after;
  }

  run(): ApiChange[] {
    const old = operationsIn(this.#before);
    const now = operationsIn(this.#after);
    for (const [name, operation] of old) {
      const next = now.get(name);
      if (next === undefined) this.#breaking(name, "is gone");
      else this.#operation(name, operation, next);
    }
    for (const name of now.keys()) if (!old.has(name)) this.#additive(name, "is new");
    return this.#changes;
  }

  #breaking(at: string, message: string): void {
    this.#changes.push({ kind: "breaking", at, message });
  }

  #additive(at: string, message: string): void {
    this.#changes.push({ kind: "additive", at, message });
  }

  #operation(name: string, before: Json, after: Json): void {
    const right = "x-relearn-right";
    if (before[right] !== after[right])
      this.#breaking(name, `needs the right ${String(after[right])}, before ${String(before[right])}`);
    this.#parameters(name, parametersOf(before), parametersOf(after));
    const bodyBefore = object(before["requestBody"]);
    const bodyAfter = object(after["requestBody"]);
    if (bodyBefore["required"] !== true && bodyAfter["required"] === true)
      this.#breaking(`${name} request`, "must be there now");
    this.#content(`${name} request`, bodyBefore, bodyAfter, "sent");
    const answers = object(after["responses"]);
    for (const [status, response] of Object.entries(object(before["responses"]))) {
      const at = `${name} ${status}`;
      const next = this.#resolve(this.#after, answers[status]);
      if (answers[status] === undefined) this.#breaking(at, "is no longer answered");
      else this.#content(at, object(this.#resolve(this.#before, response)), object(next), "answered");
    }
    for (const status of Object.keys(answers)) {
      if (object(before["responses"])[status] === undefined) this.#additive(`${name} ${status}`, "is new");
    }
  }

  #parameters(name: string, before: ReadonlyMap<string, Json>, after: ReadonlyMap<string, Json>): void {
    for (const [key, parameter] of before) {
      const at = `${name} ${key}`;
      const next = after.get(key);
      if (next === undefined) {
        this.#breaking(at, "is refused now");
        continue;
      }
      if (parameter["required"] !== true && next["required"] === true)
        this.#breaking(at, "must be there now");
      this.#schema(at, parameter["schema"], next["schema"], "sent");
    }
    for (const [key, parameter] of after) {
      if (before.has(key)) continue;
      if (parameter["required"] === true) this.#breaking(`${name} ${key}`, "is new and must be there");
      else this.#additive(`${name} ${key}`, "is new");
    }
  }

  #content(at: string, before: Json, after: Json, direction: Direction): void {
    const next = object(after["content"]);
    for (const [type, media] of Object.entries(object(before["content"]))) {
      if (next[type] === undefined) this.#breaking(at, `has no ${type} any more`);
      else this.#schema(at, object(media)["schema"], object(next[type])["schema"], direction);
    }
    for (const type of Object.keys(next)) {
      if (object(before["content"])[type] === undefined) this.#additive(at, `has ${type} now`);
    }
  }

  #resolve(document: Json, value: unknown): unknown {
    const pointer = object(value)["$ref"];
    if (typeof pointer !== "string") return value;
    const target = pointer
      .slice(2)
      .split("/")
      .reduce<unknown>((place, part) => object(place)[part], document);
    return this.#resolve(document, target);
  }

  #schema(at: string, before: unknown, after: unknown, direction: Direction): void {
    const names = [object(before)["$ref"], object(after)["$ref"]];
    const pair = `${direction} ${names.join(" ")}`;
    if (names.some((name) => typeof name === "string")) {
      if (this.#open.has(pair)) return;
      this.#open.add(pair);
    }
    this.#resolved(
      at,
      object(this.#resolve(this.#before, before)),
      object(this.#resolve(this.#after, after)),
      direction,
    );
    this.#open.delete(pair);
  }

  /** Records that more values are valid: additive in requests, breaking in responses. */
  #wider(at: string, direction: Direction, message: string): void {
    if (direction === "sent") this.#additive(at, message);
    else this.#breaking(at, message);
  }

  #narrower(at: string, direction: Direction, message: string): void {
    if (direction === "sent") this.#breaking(at, message);
    else this.#additive(at, message);
  }

  #resolved(at: string, before: Json, after: Json, direction: Direction): void {
    if (isDeepStrictEqual(before, after) && !JSON.stringify(before).includes('"$ref"')) return;
    if (variantsOf(before).length > 0 || variantsOf(after).length > 0) {
      this.#variants(at, this.#kinds(this.#before, before), this.#kinds(this.#after, after), direction);
      return;
    }
    this.#words(at, before, after, direction);
    this.#types(at, before, after, direction);
    this.#bounds(at, before, after, direction);
    this.#members(at, before, after, direction);
    if (isObject(before["items"]) || isObject(after["items"]))
      this.#schema(`${at}[]`, before["items"] ?? {}, after["items"] ?? {}, direction);
    if (isObject(before["additionalProperties"]) && isObject(after["additionalProperties"]))
      this.#schema(`${at}.*`, before["additionalProperties"], after["additionalProperties"], direction);
  }

  #words(at: string, before: Json, after: Json, direction: Direction): void {
    const old = wordsOf(before);
    const now = wordsOf(after);
    if (old === undefined && now === undefined) return;
    if (old === undefined || now === undefined) {
      if (old === undefined) this.#narrower(at, direction, "takes certain words alone now");
      else this.#wider(at, direction, "takes any word now");
      return;
    }
    const gone = old.filter((word) => !now.includes(word));
    const added = now.filter((word) => !old.includes(word));
    if (gone.length > 0) this.#narrower(at, direction, `has no ${gone.join(", ")} any more`);
    // Callers treat an unknown enum value as unknown.
    if (added.length > 0) this.#additive(at, `has ${added.join(", ")} now`);
  }

  #types(at: string, before: Json, after: Json, direction: Direction): void {
    const old = typesOf(before);
    const now = typesOf(after);
    if (old.length === 0 || now.length === 0) {
      if (now.length > 0) this.#narrower(at, direction, `is ${now.join(" or ")} alone now`);
      if (old.length > 0) this.#wider(at, direction, "is of any type now");
      return;
    }
    const gone = old.filter((type) => !now.includes(type) && !(type === "integer" && now.includes("number")));
    const added = now.filter(
      (type) => !old.includes(type) && !(type === "integer" && old.includes("number")),
    );
    if (gone.length > 0) this.#narrower(at, direction, `is no longer ${gone.join(" or ")}`);
    if (added.length > 0) this.#wider(at, direction, `may be ${added.join(" or ")} now`);
    if (
      old.includes("number") &&
      !old.includes("integer") &&
      now.includes("integer") &&
      !now.includes("number")
    )
      this.#narrower(at, direction, "is a whole number now");
  }

  #bounds(at: string, before: Json, after: Json, direction: Direction): void {
    for (const [word, grows] of bounds) {
      const old = before[word];
      const now = after[word];
      if (old === now) continue;
      const message = `has ${word} ${now === undefined ? "no longer" : String(now)}, before ${old === undefined ? "none" : String(old)}`;
      if (old === undefined) this.#narrower(at, direction, message);
      else if (now === undefined) this.#wider(at, direction, message);
      else if (Number(now) > Number(old) === grows) this.#wider(at, direction, message);
      else this.#narrower(at, direction, message);
    }
    for (const word of ["pattern", "format"]) {
      if (before[word] === after[word]) continue;
      if (after[word] === undefined) this.#wider(at, direction, `has no ${word} any more`);
      else if (before[word] === undefined) this.#narrower(at, direction, `has a ${word} now`);
      else this.#breaking(at, `has another ${word}`);
    }
  }

  /** Returns the alternatives of a schema, each a schema without alternatives. */
  #kinds(document: Json, schema: Json): readonly Json[] {
    const variants = variantsOf(schema);
    if (variants.length > 0)
      return variants.flatMap((one) => this.#kinds(document, object(this.#resolve(document, one))));
    const types = typesOf(schema);
    return types.length < 2 ? [schema] : types.map((type) => ({ ...schema, type }));
  }

  #variants(at: string, before: readonly Json[], after: readonly Json[], direction: Direction): void {
    const rest = [...after];
    const gone: Json[] = [];
    for (const kind of before) {
      const name = this.#kindName(this.#before, kind);
      const place = rest.findIndex((one) => this.#kindName(this.#after, one) === name);
      if (place < 0) gone.push(kind);
      else this.#schema(at, kind, rest.splice(place, 1)[0], direction);
    }
    const shown = (kinds: readonly Json[]) => kinds.map((one) => typesOf(one)[0] ?? "any value").join(", ");
    if (gone.length > 0) this.#narrower(at, direction, `is no longer a kind of ${shown(gone)}`);
    if (rest.length > 0) this.#wider(at, direction, `may be another kind of ${shown(rest)} now`);
  }

  /** Returns what distinguishes an alternative from the others: its type and its constant members. */
  #kindName(document: Json, schema: Json): string {
    const constants = Object.entries(object(schema["properties"])).flatMap(([name, member]) => {
      const words = wordsOf(object(this.#resolve(document, member)));
      return words === undefined ? [] : [`${name}=${words.join("|")}`];
    });
    return `${typesOf(schema).join("|")} ${constants.join(" ")}`;
  }

  #members(at: string, before: Json, after: Json, direction: Direction): void {
    const old = object(before["properties"]);
    const now = object(after["properties"]);
    const mustBefore = list(before["required"]);
    const mustNow = list(after["required"]);
    for (const [name, member] of Object.entries(old)) {
      const place = `${at}.${name}`;
      if (now[name] === undefined) {
        this.#breaking(place, direction === "sent" ? "is refused now" : "is gone");
        continue;
      }
      if (mustBefore.includes(name) && !mustNow.includes(name))
        this.#wider(place, direction, "may be left out now");
      if (!mustBefore.includes(name) && mustNow.includes(name))
        this.#narrower(place, direction, "must be there now");
      this.#schema(place, member, now[name], direction);
    }
    for (const name of Object.keys(now)) {
      if (old[name] !== undefined) continue;
      if (direction === "sent" && mustNow.includes(name))
        this.#breaking(`${at}.${name}`, "is new and must be there");
      else this.#additive(`${at}.${name}`, "is new");
    }
  }
}

/** Bounds, and whether a greater bound allows more values. */
const bounds: readonly (readonly [string, boolean])[] = [
  ["minimum", false],
  ["exclusiveMinimum", false],
  ["minLength", false],
  ["minItems", false],
  ["maximum", true],
  ["exclusiveMaximum", true],
  ["maxLength", true],
  ["maxItems", true],
];

function operationsIn(document: Json): Map<string, Json> {
  return new Map(
    Object.entries(object(document["paths"])).flatMap(([path, operations]) =>
      Object.entries(object(operations)).map(([method, operation]): [string, Json] => [
        `${method.toUpperCase()} ${path}`,
        object(operation),
      ]),
    ),
  );
}

function parametersOf(operation: Json): Map<string, Json> {
  return new Map(
    list(operation["parameters"]).map((one) => [
      `${String(object(one)["in"])} ${String(object(one)["name"]).toLowerCase()}`,
      object(one),
    ]),
  );
}

const variantsOf = (schema: Json): readonly unknown[] => list(schema["anyOf"] ?? schema["oneOf"]);

function wordsOf(schema: Json): readonly string[] | undefined {
  if ("const" in schema) return [JSON.stringify(schema["const"])];
  if (!Array.isArray(schema["enum"])) return undefined;
  return schema["enum"].map((word) => JSON.stringify(word));
}

function typesOf(schema: Json): readonly string[] {
  const type = schema["type"];
  return Array.isArray(type) ? type.map(String) : type === undefined ? [] : [String(type)];
}

if (import.meta.main) {
  const [before, after] = process.argv.slice(2);
  if (before === undefined || after === undefined) {
    console.error("usage: node scripts/compare-openapi.ts OLD NEW");
    process.exit(2);
  }
  const read = (file: string): Json => JSON.parse(readFileSync(file, "utf8")) as Json;
  const changes = compareOpenApi(read(before), read(after));
  for (const { kind, at, message } of changes) console.log(`${kind.padEnd(8)} ${at}: ${message}`);
  const breaking = changes.filter(({ kind }) => kind === "breaking").length;
  console.log(`${changes.length - breaking} additive, ${breaking} breaking`);
  process.exitCode = breaking === 0 ? 0 : 1;
}
