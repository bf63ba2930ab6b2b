import { exportFormats } from "@relearn/contract/values";
import { Option } from "commander";

/** Creates the `--format` option of an export. */
export function formatOption(): Option {
  return new Option(
    "--format <format>",
    "format of the output; spreadsheet is CSV without formulas, which cannot be imported",
  )
    .choices(exportFormats)
    .default("jsonl");
}

/** Writes an export to standard output at the speed of the reader; ends when the reader does (`| head`). */
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
