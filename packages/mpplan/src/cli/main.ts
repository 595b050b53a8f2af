// The command line: parses, runs one command, turns errors into three beats and an exit code.
import { Command, CommanderError } from "commander";
import { tool } from "../version.js";
import { commands } from "./commands/index.js";
import { exit, exitCodeOf, explain } from "./exit.js";
import { processIo, type Io } from "./io.js";

/** Runs the command line. @returns the exit code. */
export async function main(argv: readonly string[], io?: Io): Promise<number> {
  const abort = new AbortController();
  const onInterrupt = (): void => abort.abort();
  process.once("SIGINT", onInterrupt);
  const used = io ?? processIo(abort.signal);
  let code: number = exit.ok;
  const program = createProgram(used, (result) => (code = result));
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    // Commander has printed its own messages already.
    if (!(error instanceof CommanderError)) used.err(explain(error));
    return exitCodeOf(error);
  } finally {
    process.removeListener("SIGINT", onInterrupt);
  }
}

export function createProgram(io: Io, finish: (code: number) => void): Command {
  const program = new Command("mpplan")
    .description("Plans in which precision every neuron of an ONNX model may be summed, and runs the plan.")
    .version(tool.version)
    .showHelpAfterError("(mpplan help <command> lists its flags)")
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .exitOverride()
    .addHelpText(
      "after",
      "\nStart with:\n  mpplan compile model.onnx --data samples.npz\n  mpplan compare model.onnx --data samples.npz --html report.html\n",
    );
  const run = async (action: () => Promise<number>): Promise<void> => finish(await action());
  for (const command of commands) command.define(program, run, io);
  for (const command of program.commands) {
    command
      .exitOverride()
      .configureOutput(program.configureOutput())
      .showHelpAfterError(`(mpplan help ${command.name()} lists its flags)`);
  }
  return program;
}
