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

/** Counts of an import; they add up to `records`. */
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
    .addArgument(new Argument("<kind>", "kind of the records").choices(importKinds))
    .argument("<file>", "JSONL, or CSV with a header line; - for standard input")
    .option("--agent <agent>", "agent of records that name none")
    .option(
      "--label <column>",
      "label column of a table that you import as gold or examples; the other columns are payload",
    )
    .option("--key <column>", "with --label: column that identifies a row (default: a digest of the row)")
    .addOption(
      new Option("--format <format>", "format of the file (default: detected)").choices(["jsonl", "csv"]),
    )
    .option("--dry-run", "report what each column becomes and what would be stored, but store nothing")
    .action(async (kind: ImportKind, file: string, options: ImportOptions) => {
      if (!tableKinds.includes(kind) && (options.label !== undefined || options.key !== undefined)) {
        throw new RelearnError(
          "invalid_input",
          `--label and --key apply to ${tableKinds.join(" and ")}, not to ${kind}.`,
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

/** Maximum number of records per request. */
const MAX_BATCH_RECORDS = 1000;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** Maximum number of rejections that are kept; further ones are only counted, so that memory stays bounded. */
const MAX_KEPT_REJECTIONS = 100_000;

/** Sends the records of a file in batches, in order; a rehearsal stores nothing. */
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
    if (rejections.length < MAX_KEPT_REJECTIONS) rejections.push({ line, reason, path: at, value, message });
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
      if (documents.length >= MAX_BATCH_RECORDS || bytes >= MAX_BATCH_BYTES) await send();
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

/** Refuses an unknown `--agent`, which would otherwise reject every line. */
async function requireAgent(api: Api, agent: string): Promise<void> {
  try {
    await api.get(path`/v1/agents/${agent}`);
  } catch (error) {
    // A key that may send signals but not read gets the error for each line instead.
    if (error instanceof RelearnError && error.code === "forbidden") return;
    throw error;
  }
}

const MAX_SHOWN_REJECTIONS = 20;

/** Kinds that the feeds turn into labeled examples. */
const feedKinds: ReadonlySet<ImportKind> = new Set(["approvals", "feedback", "gold"]);

/** Formats the counts and the first rejected lines. */
function describeRecords(report: ImportReport, file: string): string[] {
  const number = (count: number): string => count.toLocaleString("en");
  const parts = [`${number(report.stored)} stored`];
  if (report.updated > 0) parts.push(`${number(report.updated)} updated`);
  if (report.duplicates > 0) parts.push(`${number(report.duplicates)} already stored`);
  if (report.conflicts > 0) parts.push(`${number(report.conflicts)} with another label than before`);
  if (report.rejected > 0) parts.push(`${number(report.rejected)} rejected`);
  const name = file === "-" ? "standard input" : file;
  if (report.records === 0) return [`${name} contains no records; nothing was imported.`];
  const lines = [`${number(report.records)} ${report.kind} read from ${name}: ${parts.join(", ")}.`];
  for (const one of report.rejections.slice(0, MAX_SHOWN_REJECTIONS)) {
    lines.push(
      one.path === "(root)"
        ? `  line ${one.line} ${one.message}`
        : `  line ${one.line}: ${one.path} is ${one.value}: it ${one.message}`,
    );
  }
  if (report.rejected > MAX_SHOWN_REJECTIONS) {
    lines.push(`  … and ${number(report.rejected - MAX_SHOWN_REJECTIONS)} more; --json lists them all.`);
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
  return [...lines, "", "Dry run: nothing was stored."].join("\n");
}

function describeImport(report: ImportReport, file: string, hasKey: boolean): string {
  const lines = describeRecords(report, file);
  if (report.kind === "gold" && report.updated > 0 && !hasKey) {
    lines.push(
      "Rows that differ only in their label are one task, and the last one counts. To keep them apart, give --key COLUMN.",
    );
  }
  if (feedKinds.has(report.kind) && report.stored + report.updated > 0) {
    lines.push("\nNext: relearn feeds load");
  }
  if (report.conflicts > 0) {
    lines.push("The old labels are kept; to settle the conflicts: relearn conflicts list");
  }
  return lines.join("\n");
}
