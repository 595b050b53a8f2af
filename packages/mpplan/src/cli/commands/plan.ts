// mpplan plan: the second half of compile, from profiles that calibrate wrote.
import { mergeProfiles } from "@mpplan/calibration";
import { parseProfile, printDocument, split } from "@mpplan/ir";
import { IrError } from "@mpplan/ir";
import { readBytes, writeAtomically } from "../../node/files.js";
import { UsageError } from "../../errors.js";
import { makePlan } from "../../pipeline.js";
import { prepareGraph } from "../../prepare-graph.js";
import { resolveBudget } from "../../settings.js";
import { budgetLine, decisionLine } from "../describe.js";
import { exit } from "../exit.js";
import {
  collect,
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
import { planText } from "../render/plan.js";
import { describeModel, echo, loadData, loadModel, resolveAndDescribe } from "../work.js";
import type { CliCommand } from "./command.js";

type Flags = CommonFlags & DataFlags & PrecisionFlags & DecisionFlags & { profile: string[]; output: string };

export const plan: CliCommand = {
  define(program, run, io) {
    const command = program
      .command("plan")
      .summary("decide from a profile: the second half of compile")
      .description("Decides the accumulator of every neuron from profiles that mpplan calibrate wrote.")
      .argument("<model.onnx>")
      .requiredOption("-p, --profile <profile.json>", "a profile; several are merged", collect)
      .requiredOption("-o, --output <plan.json>", "where the plan goes");
    dataFlags(precisionFlags(decisionFlags(commonFlags(command)))).action((path: string, flags: Flags) =>
      run(async () => {
        const budget = resolveBudget(flags);
        const { precision, shown } = resolveAndDescribe(flags);
        const decides = decisionLine(flags);
        const model = loadModel(path);
        const profile = mergeProfiles(
          flags.profile.map((file) => parseProfile(new TextDecoder().decode(readBytes(file)), file)),
        );
        if (profile.model.digest !== model.imported.digest) {
          throw new IrError("wrong-model", {
            what: `The profile is of another model: "${profile.model.name}", ${profile.model.digest}`,
            where: `${flags.profile[0]} against ${path}, ${model.imported.digest}`,
            next: "calibrate this model, or name the model that the profile is of",
          });
        }
        const wantsData = flags.data !== undefined || flags.randomData !== undefined;
        const data = wantsData ? loadData(path, model.imported, flags) : null;
        if (!data && flags.rule !== undefined && budget.kind !== "tau") {
          throw new UsageError("bad-option", {
            what: "A dynamic rule's threshold for a cost or a share is found by running it on tuning samples",
            where: "--rule without --data",
            next: "give --data, or a threshold with --tau",
          });
        }
        echo(
          io,
          flags.quiet,
          "mpplan plan",
          {
            ...describeModel(model),
            profile: `${profile.data.samples} samples${flags.profile.length > 1 ? ` in ${flags.profile.length} parts` : ""}`,
            ...shown,
            decides,
            budget: budgetLine(budget),
            "writes to": flags.output,
          },
          data ? data.notes : ["no --data: the plan carries no prediction"],
        );
        const reporter = createReporter(io, flags.quiet === true);
        try {
          const tune =
            data &&
            split(data.samples, { seed: flags.seed, calibrate: flags.samples, evaluate: flags.evaluate })
              .tune;
          const graph = prepareGraph(model.imported, data ? data.samples.at(0) : null, precision.operands);
          const made = await makePlan(graph, profile, tune, precision, {
            policy: flags.policy,
            rule: flags.rule,
            budget,
            seed: flags.seed,
            task: flags.task,
            include: flags.include,
            exclude: flags.exclude,
            onProgress: reporter.onProgress,
            signal: io.signal,
          });
          await writeAtomically(flags.output, printDocument(made));
          io.out(
            flags.json ? `${JSON.stringify(made)}\n` : `${planText(made)}\nplan written to ${flags.output}\n`,
          );
          return exit.ok;
        } finally {
          reporter.stop();
        }
      }),
    );
  },
};
