import type { Command } from "commander";

/** Function that adds arguments, options and the action to a command; the file of the command exports it as `define`. */
export type DefineCommand = (command: Command) => void;
