import type { Command } from "commander";

/** What a command's file exports as `define`: it adds arguments, options and the action to its command. */
export type DefineCommand = (command: Command) => void;
