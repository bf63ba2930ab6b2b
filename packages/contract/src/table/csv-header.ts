import { TableError } from "./table-error.ts";

/** Number of columns of a spreadsheet. */
export const MAX_COLUMNS = 16_384;

const delimiters = [",", ";", "\t", "|"];

/** Returns the delimiter of a header: comma, semicolon, tab or |, whichever occurs most often outside quotes. */
export function detectDelimiter(header: string): string {
  const unquoted = header
    .split('"')
    .filter((_, part) => part % 2 === 0)
    .join("");
  let best = delimiters[0]!;
  let most = 0;
  for (const delimiter of delimiters) {
    const count = unquoted.split(delimiter).length - 1;
    if (count > most) {
      best = delimiter;
      most = count;
    }
  }
  return best;
}

/**
 * Returns the names of a header's columns without blanks around them. Throws a `TableError` if a column has no
 * name, two have the same, or the line is no header at all.
 */
export function checkHeader(cells: readonly string[], line: number): string[] {
  if (cells.length > MAX_COLUMNS) throw new TableError(line, `has more than ${MAX_COLUMNS} columns`);
  const names = cells.map((cell) => cell.trim());
  const places = new Map<string, number>();
  for (const [at, name] of names.entries()) {
    if (name === "") {
      throw new TableError(
        line,
        `gives column ${at + 1} of ${names.length} no name; the first line must name every column, so name it or delete the column`,
      );
    }
    const first = places.get(name);
    if (first !== undefined) {
      throw new TableError(
        line,
        `names the column ${JSON.stringify(shorten(name))} twice (columns ${first + 1} and ${at + 1}); give each its own name`,
      );
    }
    places.set(name, at);
  }
  return names;
}

/** Throws a `TableError` for a first line that is known not to name columns. */
export function refuseNoHeader(text: string, line: number): void {
  if (/^sep=.?$/i.test(text)) {
    throw new TableError(
      line,
      `is ${JSON.stringify(text)}, which tells Excel the delimiter and names no columns; delete this line (the delimiter is found without it)`,
    );
  }
  if (text.includes("\0")) {
    throw new TableError(
      line,
      "has a zero byte, so the file is not text, or it is UTF-16 without a byte-order mark; save it as CSV in UTF-8",
    );
  }
  if (text.includes("\r")) {
    throw new TableError(
      line,
      "ends in a carriage return alone; save the file with line feeds (\\n or \\r\\n)",
    );
  }
}

/** Returns the column whose name differs from `name` only in case or blanks, for "did you mean". */
export function findSimilarColumn(names: readonly string[], name: string): string | undefined {
  const simplified = (text: string): string => text.replaceAll(/\s+/g, "").toLowerCase();
  return names.find((one) => simplified(one) === simplified(name));
}

function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}
