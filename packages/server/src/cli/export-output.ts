import { exportFormats } from "@relearn/contract/values";
import { Option } from "commander";

/** The option by which an export's format is chosen. */
export function formatOption(): Option {
  return new Option("--format <format>", "spreadsheet: CSV in which nothing is a formula, not for an import")
    .choices(exportFormats)
    .default("jsonl");
}

/** Writes an export to standard output as fast as its reader takes it; ends where its reader does (`| head`). */
export async function printStream(stream: ReadableStream<Uint8Array>): Promise<void> {
  let readerGone = false;
  process.stdout.once("error", () => {
    readerGone = true;
  });
  for await (const chunk of stream) {
    if (readerGone) return;
    if (!process.stdout.write(chunk)) {
      await new Promise<void>((resolve) => {
        process.stdout.once("drain", resolve);
        process.stdout.once("error", () => resolve());
      });
    }
  }
}
