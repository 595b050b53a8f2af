// What a command is: it describes its flags, and does its work with an Io.
import type { Command } from "commander";
import type { Io } from "../io.js";

export interface CliCommand {
  /** Adds the command, its arguments and flags to the program; its action resolves to an exit code. */
  define(program: Command, run: (action: () => Promise<number>) => Promise<void>, io: Io): void;
}
