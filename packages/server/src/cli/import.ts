import type { Rejection } from "@relearn/contract";
import { Argument, Option } from "commander";
import { RelearnError } from "../errors.ts";
import { type ColumnMeaning, type ImportKind, tableKinds } from "../feeds/csv-document.ts";
import type { RecordFault } from "../rejection.ts";
import { type Api, path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { addEncodingOption, type EncodingOptions } from "./encoding-option.ts";
import { EXIT_CHECK_FAILED } from "./exit-code.ts";
import { type ImportSource, openImport } from "./import-records.ts";
import { formatTable, printJson, printText } from "./output.ts";
import { ProgressLine } from "./progress.ts";

interface ImportOptions extends ConnectionOptions, EncodingOptions {
  readonly agent?: string;
  readonly label?: string;
  readonly key?: string;
  readonly format?: "jsonl" | "csv";
  readonly dryRun?: boolean;
}

const importKinds: readonly ImportKind[] = [
  "approvals",
  "feedback",
  "gold",
  "evaluations",
  "exposures",
  "outcomes",
  "examples",
];

/** What became of a file; the numbers add up to `records`. */
export interface ImportReport {
  readonly kind: ImportKind;
  readonly records: number;
  readonly stored: number;
  readonly updated: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly rejected: number;
  readonly rejections: readonly ({ readonly line: number } & RecordFault)[];
}

export const define: DefineCommand = (command) => {
  addEncodingOption(addConnectionOptions(command))
    .addArgument(new Argument("<kind>", "what the file holds").choices(importKinds))
    .argument("<file>", "JSONL, or CSV with a header line; - for standard input")
    .option("--agent <agent>", "the agent of records that name none")
    .option(
      "--label <column>",
      "a table of your own as gold or examples: the label's column; the rest is payload",
    )
    .option("--key <column>", "with it: the column that tells rows apart (default: a digest of the row)")
    .addOption(
      new Option("--format <format>", "instead of what the file looks like").choices(["jsonl", "csv"]),
    )
    .option("--dry-run", "say what each column becomes and what would be stored, and store nothing")
    .action(async (kind: ImportKind, file: string, options: ImportOptions) => {
      if (!tableKinds.includes(kind) && (options.label !== undefined || options.key !== undefined)) {
        throw new RelearnError(
          "invalid_input",
          `--label and --key go with ${tableKinds.join(" and ")}; these are ${kind}.`,
        );
      }
      const { agent, label, key } = options;
      const source = await openImport(file, options, { kind, agent, label, key });
      const report = await withApi(options, async (api) => {
        if (agent !== undefined) await requireAgent(api, agent);
        return importRecords(api, kind, source, new ProgressLine(), { isRehearsal: options.dryRun === true });
      });
      const columns = source.columns();
      if (report.rejected > 0) process.exitCode = EXIT_CHECK_FAILED;
      if (options.json) return printJson(options.dryRun ? { ...report, dry_run: true, columns } : report);
      if (options.dryRun) return printText(describeRehearsal(report, file, columns));
      printText(describeImport(report, file, label === undefined || key !== undefined));
    });
};

/** Records a request: few enough to answer quickly, many enough that the way there is not the cost. */
const BATCH_RECORDS = 1000;
const BATCH_BYTES = 4 * 1024 * 1024;
/** More rejections than this are counted and not told: a file of another kind must not fill the memory. */
const TOLD_REJECTIONS = 100_000;

/** Sends a file's records in batches, in their order; in a rehearsal nothing is stored of any. */
export async function importRecords(
  api: Api,
  kind: ImportKind,
  source: ImportSource,
  progress: ProgressLine,
  { isRehearsal }: { readonly isRehearsal: boolean } = { isRehearsal: false },
): Promise<ImportReport> {
  const address = kind === "examples" ? "/v1/examples" : path`/v1/signals/${kind}`;
  const counts = { records: 0, stored: 0, updated: 0, duplicates: 0, conflicts: 0, rejected: 0 };
  const rejections: ({ line: number } & RecordFault)[] = [];
  const reject = (line: number, { reason, path: at, value, message }: RecordFault): void => {
    counts.rejected += 1;
    if (rejections.length < TOLD_REJECTIONS) rejections.push({ line, reason, path: at, value, message });
  };
  let documents: unknown[] = [];
  let lines: number[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    if (documents.length === 0) return;
    const report = await api.post<BatchReport>(address, documents, isRehearsal ? { dry_run: true } : {});
    counts.stored += report.stored;
    counts.updated += report.updated ?? 0;
    counts.duplicates += report.duplicates;
    counts.conflicts += report.conflicts ?? 0;
    for (const one of report.rejected) reject(lines[one.index] ?? 0, one);
    documents = [];
    lines = [];
    bytes = 0;
    progress.show(
      source.bytes === undefined ? undefined : source.bytesRead() / Math.max(1, source.bytes),
      `${counts.records.toLocaleString("en")} records`,
    );
  };
  try {
    for await (const record of source.records()) {
      counts.records += 1;
      if ("fault" in record) {
        reject(record.line, record.fault);
        continue;
      }
      documents.push(record.document);
      lines.push(record.line);
      bytes += record.bytes;
      if (documents.length >= BATCH_RECORDS || bytes >= BATCH_BYTES) await send();
    }
    await send();
  } finally {
    progress.clear();
  }
  rejections.sort((a, b) => a.line - b.line);
  return { kind, ...counts, rejections };
}

interface BatchReport {
  readonly stored: number;
  readonly updated?: number;
  readonly duplicates: number;
  readonly conflicts?: number;
  readonly rejected: readonly Rejection[];
}

/** A misspelt --agent would reject every line. */
async function requireAgent(api: Api, agent: string): Promise<void> {
  try {
    await api.get(path`/v1/agents/${agent}`);
  } catch (error) {
    // A key that may send signals and not read finds out line by line.
    if (error instanceof RelearnError && error.code === "forbidden") return;
    throw error;
  }
}

const SHOWN_REJECTIONS = 20;

/** What feeds make labeled examples of. */
const feedKinds: ReadonlySet<ImportKind> = new Set(["approvals", "feedback", "gold"]);

/** What was read and came of it, and the first bad lines. */
function describeRecords(report: ImportReport, file: string): string[] {
  const number = (count: number): string => count.toLocaleString("en");
  const parts = [`${number(report.stored)} stored`];
  if (report.updated > 0) parts.push(`${number(report.updated)} updated`);
  if (report.duplicates > 0) parts.push(`${number(report.duplicates)} there already`);
  if (report.conflicts > 0) parts.push(`${number(report.conflicts)} with another label than before`);
  if (report.rejected > 0) parts.push(`${number(report.rejected)} rejected`);
  const name = file === "-" ? "standard input" : file;
  if (report.records === 0) return [`${name} holds no records; nothing was imported.`];
  const lines = [`${number(report.records)} ${report.kind} read from ${name}: ${parts.join(", ")}.`];
  for (const one of report.rejections.slice(0, SHOWN_REJECTIONS)) {
    lines.push(
      one.path === "(root)"
        ? `  line ${one.line} ${one.message}`
        : `  line ${one.line}: ${one.path} is ${one.value}: it ${one.message}`,
    );
  }
  if (report.rejected > SHOWN_REJECTIONS) {
    lines.push(`  … and ${number(report.rejected - SHOWN_REJECTIONS)} more; --json lists them all.`);
  }
  return lines;
}

function describeRehearsal(
  report: ImportReport,
  file: string,
  columns: readonly ColumnMeaning[] | null,
): string {
  const lines = describeRecords(report, file);
  if (columns !== null) {
    lines.unshift(
      formatTable(
        ["column", "becomes"],
        columns.map(({ column, becomes }) => [column, becomes]),
      ),
      "",
    );
  }
  return [...lines, "", "A dry run: nothing was stored."].join("\n");
}

function describeImport(report: ImportReport, file: string, hasKey: boolean): string {
  const lines = describeRecords(report, file);
  if (report.kind === "gold" && report.updated > 0 && !hasKey) {
    lines.push(
      "Rows that are equal but for their label are one task, and the last one counts; --key COLUMN tells them apart.",
    );
  }
  if (feedKinds.has(report.kind) && report.stored + report.updated > 0) {
    lines.push("\nNext: relearn feeds load");
  }
  if (report.conflicts > 0) {
    lines.push("The old labels stand; `relearn conflicts list` shows what waits for a person.");
  }
  return lines.join("\n");
}
