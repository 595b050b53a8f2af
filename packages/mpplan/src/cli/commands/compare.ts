// mpplan compare: uniform, dynamic and static on the same samples at equal modelled cost.
import { Option } from "commander";
import { policies, rules } from "@mpplan/planner";
import { compareModel, defaultTargetCosts, defaultTaus } from "../../compare.js";
import { writeAtomically } from "../../node/files.js";
import { exit } from "../exit.js";
import {
  collectLists,
  commonFlags,
  inputFlags,
  numbers,
  patternFlags,
  precisionFlags,
  splitFlags,
  taskFlags,
  threadFlags,
  type TaskFlags,
  type WorkFlags,
} from "../options.js";
import { checkOutputs } from "../outputs.js";
import { reporting } from "../progress.js";
import { comparisonText } from "../render/comparison.js";
import { comparisonHtml } from "../render/html.js";
import {
  describeModel,
  echo,
  loadData,
  loadModel,
  precisionOptions,
  resolveAndDescribe,
  resolveThreads,
} from "../work.js";
import type { CliCommand } from "./command.js";

type Flags = WorkFlags &
  TaskFlags & {
    taus: number[];
    costs: number[];
    rule?: string[];
    policy?: string[];
    include?: string[];
    exclude?: string[];
    html?: string;
    output?: string;
  };

export const compare: CliCommand = {
  define(program, run, io) {
    const command = program
      .command("compare")
      .summary("uniform, dynamic and static accumulation at equal modelled cost, controls beside")
      .description(
        "Evaluates uniform, dynamic and static accumulation on the same samples, random controls beside them.",
      )
      .argument("<model.onnx>");
    commonFlags(
      command
        .optionsGroup("Output:")
        .option("--html <file>", "also write a self-contained page with the chart")
        .option("-o, --output <file>", "also write the JSON document there"),
    );
    taskFlags(splitFlags(inputFlags(command)))
      .optionsGroup("What is compared:")
      .addOption(
        new Option("--taus <list>", "tolerances of the source paper's rule")
          .argParser(numbers)
          .default([...defaultTaus], defaultTaus.join(",")),
      )
      .addOption(
        new Option("--costs <list>", "modelled costs to compare at")
          .argParser(numbers)
          .default([...defaultTargetCosts], defaultTargetCosts.join(",")),
      )
      .option(
        "--rule <names>",
        `dynamic rules: ${rules.map((r) => r.name).join(", ")}, or all; repeatable (default: contribution, kappa; controls and contribution always)`,
        collectLists,
      )
      .option(
        "--policy <names>",
        `static policies: ${policies.map((p) => p.name).join(", ")}, or all; repeatable (default: absolute, kappa, sensitivity; controls and sensitivity always)`,
        collectLists,
      );
    threadFlags(precisionFlags(patternFlags(command))).action((path: string, flags: Flags) =>
      run(async () => {
        const { shown } = resolveAndDescribe(flags);
        checkOutputs({ "--output": flags.output, "--html": flags.html }, [
          path,
          ...(flags.data ?? []),
          flags.labels,
        ]);
        const threads = resolveThreads(flags);
        const model = loadModel(path);
        const { samples, notes } = loadData(path, model.imported, flags);
        echo(
          io,
          flags.quiet,
          "mpplan compare",
          {
            ...describeModel(model),
            samples: `${samples.count}, seed ${flags.seed}`,
            ...shown,
            taus: flags.taus.join(", "),
            costs: flags.costs.join(", "),
            ...threads.shown,
          },
          notes,
        );
        const comparison = await reporting(io, flags.quiet, ({ onProgress }) =>
          compareModel(model.source, samples, {
            ...precisionOptions(flags),
            taus: flags.taus,
            targetCosts: flags.costs,
            rules: flags.rule,
            policies: flags.policy,
            include: flags.include,
            exclude: flags.exclude,
            samples: flags.samples,
            evaluate: flags.evaluate,
            seed: flags.seed,
            task: flags.task,
            onProgress,
            signal: io.signal,
            ...threads.on,
          }),
        );
        if (flags.output !== undefined)
          await writeAtomically(flags.output, `${JSON.stringify(comparison, null, 2)}\n`);
        if (flags.html !== undefined) await writeAtomically(flags.html, comparisonHtml(comparison));
        io.out(flags.json ? `${JSON.stringify(comparison)}\n` : comparisonText(comparison));
        if (!flags.json && flags.html !== undefined) io.out(`\nreport written to ${flags.html}\n`);
        return exit.ok;
      }),
    );
  },
};
