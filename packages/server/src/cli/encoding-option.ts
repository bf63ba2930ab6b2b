import { DEFAULT_ENCODING } from "@relearn/contract/table";
import { type Command, Option } from "commander";

export interface EncodingOptions {
  readonly encoding: string;
}

/** Adds `--encoding` to a command that reads a table. */
export function addEncodingOption(command: Command): Command {
  return command.addOption(
    new Option(
      "--encoding <name>",
      "encoding of the file, such as windows-1252; a byte-order mark takes precedence",
    ).default(DEFAULT_ENCODING),
  );
}
