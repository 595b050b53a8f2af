// mpplan compile: a model and samples in, a plan out, with what it costs and loses.
import { basename } from "node:path";
import { printDocument } from "@mpplan/ir";
import { writeAtomically } from "../../node/files.js";
import { compileModel } from "../../pipeline.js";
import { resolveBudget } from "../../settings.js";
import { exit } from "../exit.js";
import {
  commonFlags,
  dataFlags,
  decisionFlags,
  precisionFlags,
  type CommonFlags,
  type DataFlags,
  type DecisionFlags,
  type PrecisionFlags,
} from "../options.js";
import { createReporter } from "../progress.js";
import { planText, reportText } from "../render/plan.js";
import { describeModel, echo, loadData, loadModel, precisionOptions, resolveAndDescribe } from "../work.js";
import { budgetLine, decisionLine } from "../describe.js";
import type { CliCommand } from "./command.js";

type Flags = CommonFlags & DataFlags & PrecisionFlags & DecisionFlags & { output?: string };

export const compile: CliCommand = {
  define(program, run, io) {
    const command = program
      .command("compile")
      .summary("decide the accumulator of every neuron, and measure what the plan loses")
      .description(
        "Calibrates on samples, decides the accumulator of every neuron, evaluates, and writes the plan.",
      )
      .argument("<model.onnx>")
      .option("-o, --output <plan.json>", "where the plan goes (default: <model>.plan.json)");
    dataFlags(precisionFlags(decisionFlags(commonFlags(command)))).action((path: string, flags: Flags) =>
      run(async () => {
        const budget = resolveBudget(flags);
        const { shown } = resolveAndDescribe(flags);
        const model = loadModel(path);
        const { samples, notes } = loadData(path, model.imported, flags);
        const output = flags.output ?? `${basename(path).replace(/\.onnx$/, "")}.plan.json`;
        echo(
          io,
          flags.quiet,
          "mpplan compile",
          {
            ...describeModel(model),
            samples: `${samples.count}, seed ${flags.seed}`,
            ...shown,
            decides: decisionLine(flags),
            budget: budgetLine(budget),
            "writes to": flags.json && flags.output === undefined ? "stdout" : output,
          },
          notes,
        );
        const reporter = createReporter(io, flags.quiet === true);
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
          });
          if (!flags.json || flags.output !== undefined) await writeAtomically(output, printDocument(plan));
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
