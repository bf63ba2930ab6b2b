import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { DefineCommand } from "./command.ts";
import { printText } from "./output.ts";
import { parseWholeNumber } from "./parse-number.ts";
import { ProgressLine } from "./progress.ts";

interface DemoOptions {
  readonly data: string;
  readonly port?: number;
}

export const define: DefineCommand = (command) => {
  command
    .option("--data <folder>", "folder of the demo; it is built if it does not exist", "./.relearn/demo")
    .option(
      "--port <number>",
      "port to listen on (default: 4380, or the next free port)",
      parseWholeNumber(0, 65_535),
    )
    .action(async (options: DemoOptions) => {
      const [{ ensureDemo, loadDemo }, { runService }, { createRelearn }] = await Promise.all([
        import("../run-demo.ts"),
        import("../run-service.ts"),
        import("../create-relearn.ts"),
      ]);
      const folder = resolve(options.data);
      const demo = await loadDemo();
      const line = new ProgressLine();
      const start = performance.now();
      let began: number | undefined;
      if (!existsSync(folder)) printText(opening);
      const built = await ensureDemo(demo, folder, {
        progress: (share, doing) => line.show(share, doing),
        happened({ at, text }) {
          line.clear();
          began ??= at.getTime();
          printText(`  ${officeTime(at.getTime() - began)}  ${text}`);
        },
      });
      line.clear();
      if (built) printText(`\nBuilt in ${Math.round((performance.now() - start) / 1000)} s.`);
      const service = await runService({
        data: folder,
        host: "127.0.0.1",
        ...(options.port === undefined ? {} : { port: options.port }),
        environment: { RELEARN_LOG_LEVEL: "warn", ...process.env },
      });
      const { lines, next } = await demo.summariseDemo(createRelearn(service.installation));
      const place = relative(process.cwd(), folder) || ".";
      printText(
        [
          "",
          "Current state of the inbox_triage agent:",
          "",
          ...lines,
          "",
          `Open ${service.address} in a browser. Ctrl-C stops the service; its data stays in ${place}.`,
          "",
          "Try next, in another terminal:",
          ...next.map((one) => `  npx relearn ${one} --data ${place}`),
        ].join("\n"),
      );
      await service.stopped;
    });
};

const opening = `Running the loop on real mail from 2002 (the SpamAssassin corpus). Only time is compressed: the accuracy of the
models and the decisions of the guard are results of this run.
`;

/** Formats the time since the first event of the demo, such as `day 3,  7 h`. */
function officeTime(milliseconds: number): string {
  const hours = Math.round(milliseconds / 3_600_000);
  return `day ${Math.floor(hours / 24) + 1}, ${String(hours % 24).padStart(2)} h`;
}
