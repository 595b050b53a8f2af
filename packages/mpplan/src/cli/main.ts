// The command line: parses, runs one command, turns errors into three beats and an exit code.
import { Command, CommanderError } from "commander";
import { tool } from "../version.js";
import { commands } from "./commands/index.js";
import { exit, exitCodeOf, exitText, explain } from "./exit.js";
import { processIo, type Io } from "./io.js";
import { usageText } from "./usage-text.js";

/** Runs the command line. @returns the exit code. */
export async function main(argv: readonly string[], io?: Io): Promise<number> {
  const abort = new AbortController();
  // The first Ctrl-C asks for an orderly end; the listener is then gone, so that a second one ends the process.
  const onInterrupt = (): void => abort.abort();
  process.once("SIGINT", onInterrupt);
  const used = io ?? processIo(abort.signal);
  let code: number = exit.ok;
  const program = createProgram(used, (result) => (code = result));
  try {
    const [verb, topic] = argv;
    if (verb === "help" && topic !== undefined && !program.commands.some((c) => c.name() === topic)) {
      program.error(`error: unknown command '${topic}'`);
    }
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    // Commander has printed its own messages already.
    if (!(error instanceof CommanderError)) used.err(explain(error));
    return used.signal.aborted ? exit.interrupted : exitCodeOf(error);
  } finally {
    process.removeListener("SIGINT", onInterrupt);
  }
}

export function createProgram(io: Io, finish: (code: number) => void): Command {
  const program = new Command("mpplan")
    .description("Plans in which precision every neuron of an ONNX model may be summed, and runs the plan.")
    .usage("<command> [options]")
    .version(tool.version)
    .exitOverride()
    .addHelpText(
      "after",
      [
        "",
        "Start with:",
        "  mpplan compile model.onnx --data samples.npz",
        "  mpplan compare model.onnx --data samples.npz --html report.html",
        "  mpplan help compile",
        "",
        "Results go to stdout, everything else to stderr.",
        exitText,
      ].join("\n"),
    );
  const run = async (action: () => Promise<number>): Promise<void> => finish(await action());
  for (const command of commands) command.define(program, run, io);
  for (const command of [program, ...program.commands]) {
    const name = command === program ? "mpplan" : `mpplan ${command.name()}`;
    command.exitOverride().configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      outputError: (text, write) => write(usageText(text, name)),
    });
  }
  return program;
}
