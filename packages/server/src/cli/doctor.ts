import type { DoctorReport } from "@relearn/contract";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { EXIT_CHECK_FAILED } from "./exit-code.ts";
import { printJson, printText } from "./output.ts";

interface DoctorOptions extends ConnectionOptions {
  readonly all?: boolean;
}

export const define: DefineCommand = (command) => {
  addConnectionOptions(command)
    .option("--all", "show passed checks, too")
    .action(async (options: DoctorOptions) => {
      const report = await withApi(options, (api) => api.get<DoctorReport>("/v1/doctor"));
      if (report.result === "problem") process.exitCode = EXIT_CHECK_FAILED;
      if (options.json) return printJson(report);
      for (const { check, agent, result, finding, next } of report.checks) {
        if (result === "ok" && !options.all) continue;
        printText(`${marks[result]} ${agent === null ? check : `${agent}: ${check}`}`);
        printText(`    ${finding}`);
        if (next !== null) printText(`    next: ${next}`);
      }
      const count = (result: keyof typeof marks) =>
        report.checks.filter((one) => one.result === result).length;
      const problems = count("problem");
      const warnings = count("warn");
      printText(
        `${problems} ${problems === 1 ? "problem" : "problems"}, ${warnings} ${warnings === 1 ? "warning" : "warnings"}, ${count("ok")} passed.`,
      );
    });
};

const marks = { ok: "ok     ", warn: "warn   ", problem: "PROBLEM" } as const;
