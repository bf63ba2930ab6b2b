import type { CreatedBundle } from "@relearn/contract";
import { Option } from "commander";
import { MODEL_TYPES } from "../training/train-model.ts";
import type { TrainingReport } from "../training/training-snapshot.ts";
import { path } from "./api.ts";
import { formatBundle } from "./bundle-text.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { followTraining } from "./follow-training.ts";
import { printJson, printText } from "./output.ts";
import { parseWholeNumber } from "./parse-number.ts";

interface TrainOptions extends ConnectionOptions {
  readonly minExamples?: number;
  readonly model?: string;
}

export const define: DefineCommand = (command) => {
  addConnectionOptions(command.argument("<agent>"))
    .option(
      "--min-examples <count>",
      "minimum number of examples (default: 50)",
      parseWholeNumber(2, 1_000_000),
    )
    .addOption(
      new Option(
        "--model <model>",
        "kind of model; auto selects the one with the lower held-out log-loss (default: logistic)",
      ).choices(MODEL_TYPES),
    )
    .action(async (agent: string, options: TrainOptions) => {
      const bundle = await withApi(options, (api) =>
        followTraining((report) =>
          api.postLong<CreatedBundle, TrainingReport>(
            path`/v1/agents/${agent}/bundles`,
            {
              ...(options.minExamples === undefined ? {} : { min_examples: options.minExamples }),
              ...(options.model === undefined ? {} : { model_type: options.model }),
            },
            report,
          ),
        ),
      );
      if (options.json) return printJson(bundle);
      printText(formatBundle(bundle));
      printText(
        bundle.created
          ? `\nNext: relearn bundles propose ${bundle.bundle_id}`
          : `\nThese examples gave the same bundle before; its status is ${bundle.status}.`,
      );
    });
};
