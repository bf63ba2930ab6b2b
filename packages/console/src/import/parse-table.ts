/** A file of labeled rows as columns and records: CSV with quotes, JSON (a list), or JSON lines. */

export interface ImportTable {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Throws an Error whose message names the line at fault. */
export function parseTable(fileName: string, text: string): ImportTable {
  const content = text.replace(/^\ufeff/, "");
  if (content.trim() === "") throw new Error("The file is empty.");
  if (/\.csv$/i.test(fileName)) return parseCsv(content);
  return tableOf(content.trimStart().startsWith("[") ? parseList(content) : parseLines(content));
}

function parseList(content: string): unknown[] {
  const list: unknown = JSON.parse(content);
  if (!Array.isArray(list)) throw new Error("The file holds no list: give [ … ], JSON lines or CSV.");
  return list;
}

function parseLines(content: string): unknown[] {
  return content.split(/\r\n|\r|\n/).flatMap((line, index) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line)];
    } catch (error) {
      throw new Error(
        `Line ${index + 1} is no JSON: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  });
}

function tableOf(records: readonly unknown[]): ImportTable {
  const rows = records.map((record, index) => {
    if (typeof record !== "object" || record === null || Array.isArray(record)) {
      throw new Error(`Record ${index + 1} is no object: give { … } for each row.`);
    }
    return record as Readonly<Record<string, unknown>>;
  });
  return { columns: [...new Set(rows.flatMap((row) => Object.keys(row)))], rows };
}

function parseCsv(content: string): ImportTable {
  const [header, ...lines] = csvRecords(content);
  if (header === undefined) throw new Error("The file is empty.");
  const repeated = header.find((name, index) => header.indexOf(name) !== index);
  if (repeated !== undefined) throw new Error(`Two columns are named "${repeated}": give each its own name.`);
  const rows = lines
    .filter((cells) => cells.length > 1 || cells[0] !== "")
    .map((cells, index) => {
      if (cells.length > header.length) {
        throw new Error(`Row ${index + 2} has ${cells.length} cells; the header has ${header.length}.`);
      }
      return Object.fromEntries(header.map((name, at) => [name, cells[at] ?? ""]));
    });
  return { columns: header, rows };
}

/** RFC 4180: cells in quotes may hold commas, line breaks and doubled quotes. */
function csvRecords(content: string): string[][] {
  const records: string[][] = [];
  let cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < content.length; at++) {
    const character = content[at];
    if (quoted) {
      if (character !== '"') cell += character;
      else if (content[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"' && cell === "") quoted = true;
    else if (character === ",") {
      cells.push(cell);
      cell = "";
    } else if (character === "\n" || character === "\r") {
      if (character === "\r" && content[at + 1] === "\n") at += 1;
      records.push([...cells, cell]);
      cells = [];
      cell = "";
    } else cell += character;
  }
  if (quoted)
    throw new Error(`A quote is never closed; the last row begins at record ${records.length + 1}.`);
  if (cell !== "" || cells.length > 0) records.push([...cells, cell]);
  return records;
}
