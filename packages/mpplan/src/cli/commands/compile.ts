// mpplan compile: a model and samples in, a plan out, with what it costs and loses.
import { basename } from "node:path";
import type { Command } from "commander";
import { printDocument } from "@mpplan/ir";
import { writeAtomically } from "../../node/files.js";
import { checkDecision } from "../../make-plan.js";
import { compileModel } from "../../pipeline.js";
import { resolveBudget } from "../../settings.js";
import { exit } from "../exit.js";
import {
  commonFlags,
  decisionFlags,
  inputFlags,
  precisionFlags,
  splitFlags,
  taskFlags,
  threadFlags,
  type CommonFlags,
  type DecisionFlags,
  type InputFlags,
  type PrecisionFlags,
  type SplitFlags,
  type TaskFlags,
  type ThreadFlags,
} from "../options.js";
import { checkOutputs } from "../outputs.js";
import { createReporter } from "../progress.js";
import { planText, reportText } from "../render/plan.js";
import {
  describeModel,
  echo,
  loadData,
  loadModel,
  precisionOptions,
  resolveAndDescribe,
  resolveThreads,
} from "../work.js";
import { decisionLines } from "../describe.js";
import type { CliCommand } from "./command.js";

type Flags = CommonFlags &
  InputFlags &
  SplitFlags &
  TaskFlags &
  PrecisionFlags &
  ThreadFlags &
  DecisionFlags & { output?: string };

export const compile: CliCommand = {
  define(program, run, io) {
    const command = program
      .command("compile")
      .summary("decide the accumulator of every neuron, and measure what the plan loses")
      .description(
        "Calibrates on samples, decides the accumulator of every neuron, evaluates, and writes the plan.",
      )
      .argument("<model.onnx>");
    decisionFlags(taskFlags(splitFlags(inputFlags(commonFlags(outputFlag(command))))));
    threadFlags(precisionFlags(command)).action((path: string, flags: Flags) =>
      run(async () => {
        const budget = resolveBudget(flags);
        const { precision, shown } = resolveAndDescribe(flags);
        checkDecision({ ...flags, budget }, precision);
        const threads = resolveThreads(flags);
        const output = outputOf(path, flags);
        checkOutputs({ "--output": output }, [path, ...(flags.data ?? []), flags.labels]);
        const model = loadModel(path);
        const { samples, notes } = loadData(path, model.imported, flags);
        echo(
          io,
          flags.quiet,
          "mpplan compile",
          {
            ...describeModel(model),
            samples: `${samples.count}, seed ${flags.seed}`,
            ...shown,
            ...decisionLines(flags, budget),
            ...threads.shown,
            "writes to": output ?? "stdout",
          },
          notes,
        );
        const reporter = createReporter(io, flags.quiet);
        try {
          const { plan, report } = await compileModel(model.source.bytes, samples, {
            ...precisionOptions(flags),
            name: model.source.name,
            ...(model.source.externalData && { externalData: model.source.externalData }),
            policy: flags.policy,
            rule: flags.rule,
            budget,
            include: flags.include,
            exclude: flags.exclude,
            samples: flags.samples,
            evaluate: flags.evaluate,
            seed: flags.seed,
            task: flags.task,
            onProgress: reporter.onProgress,
            signal: io.signal,
            ...threads.on,
          });
          reporter.stop();
          if (output !== undefined) await writeAtomically(output, printDocument(plan));
          if (flags.json) io.out(`${JSON.stringify({ plan, report })}\n`);
          else io.out(`${planText(plan)}\n${reportText(plan, report)}\nplan written to ${output}\n`);
          return exit.ok;
        } finally {
          reporter.stop();
        }
      }),
    );
  },
};

function outputFlag(command: Command): Command {
  return command
    .optionsGroup("Output:")
    .option(
      "-o, --output <plan.json>",
      "where the plan goes (default: <model>.plan.json in this folder; with --json, only stdout)",
    );
}

function outputOf(path: string, { output, json }: Flags): string | undefined {
  return output ?? (json ? undefined : `${basename(path).replace(/\.onnx$/i, "")}.plan.json`);
}
