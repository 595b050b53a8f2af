// mpplan plan: the second half of compile, from profiles that calibrate wrote.
import type { Command } from "commander";
import { printDocument, type Graph } from "@mpplan/ir";
import { InputError } from "../../data/errors.js";
import { writeAtomically } from "../../node/files.js";
import { UsageError } from "../../errors.js";
import { checkDecision, makePlan } from "../../make-plan.js";
import { throwIfCancelled } from "../../work.js";
import { prepareGraph } from "../../prepare-graph.js";
import { resolveBudget } from "../../settings.js";
import { decisionLines } from "../describe.js";
import { exit } from "../exit.js";
import { openProfile } from "../from-profile.js";
import {
  collect,
  commonFlags,
  decisionFlags,
  givenFlags,
  inputFlags,
  precisionFlags,
  splitFlags,
  taskFlags,
  threadFlags,
  type DecisionFlags,
  type TaskFlags,
  type WorkFlags,
} from "../options.js";
import { checkOutputs } from "../outputs.js";
import { reporting } from "../progress.js";
import { planText } from "../render/plan.js";
import {
  describeModel,
  echo,
  loadData,
  loadModel,
  resolveAndDescribe,
  type LoadedData,
  resolveThreads,
} from "../work.js";
import type { CliCommand } from "./command.js";

type Flags = WorkFlags & TaskFlags & DecisionFlags & { profile: string[]; output: string };

const labelsNote = "the labels are checked; a plan does not depend on them";
export const plan: CliCommand = {
  define(program, run, io) {
    const command = program
      .command("plan")
      .summary("decide from a profile: the second half of compile")
      .description(
        "Decides the accumulator of every neuron from profiles that mpplan calibrate wrote. With samples the plan also predicts its error: give those that were given to calibrate, with the same --samples and --seed.",
      )
      .argument("<model.onnx>")
      .optionsGroup("Output:")
      .requiredOption("-p, --profile <profile.json>", "a profile; repeatable: shards are merged", collect)
      .requiredOption("-o, --output <plan.json>", "where the plan goes");
    decisionFlags(taskFlags(splitFlags(inputFlags(commonFlags(command)))));
    threadFlags(precisionFlags(command)).action((path: string, flags: Flags) =>
      run(async () => {
        const budget = resolveBudget(flags);
        const { precision, shown } = resolveAndDescribe(flags);
        checkDecision({ ...flags, budget }, precision);
        checkOutputs({ "--output": flags.output }, [
          path,
          ...flags.profile,
          ...(flags.data ?? []),
          flags.labels,
        ]);
        const threads = resolveThreads(flags);
        const model = loadModel(path);
        const data = loadOptionalData(path, model.imported, command, flags);
        if (!data && flags.rule !== undefined && budget?.kind !== "tau") {
          throw new UsageError("bad-option", {
            what: "A dynamic rule's threshold for a cost or a share is found by running it on tuning samples",
            where: "--rule without --data",
            next: "give --data, or a threshold with --tau",
          });
        }
        const from = openProfile(model.imported, data, flags, budget?.kind === "flips");
        echo(
          io,
          flags.quiet,
          "mpplan plan",
          {
            ...describeModel(model),
            ...from.shown,
            ...shown,
            ...decisionLines(flags, budget),
            ...(data && threads.shown),
            "writes to": flags.output,
          },
          data
            ? [...data.notes, ...(flags.labels === undefined ? [] : [labelsNote]), ...from.notes]
            : ["there are no samples: the plan carries no prediction"],
        );
        const graph = prepareGraph(model.imported, data ? data.samples.at(0) : null, precision.operands);
        const made = await reporting(io, flags.quiet, ({ onProgress }) =>
          makePlan(
            graph,
            from.profile,
            { tune: from.parts?.tune ?? null, guard: from.parts?.guard ?? null },
            precision,
            {
              policy: flags.policy,
              rule: flags.rule,
              budget,
              seed: flags.seed,
              task: flags.task,
              include: flags.include,
              exclude: flags.exclude,
              onProgress,
              signal: io.signal,
              ...threads.on,
            },
          ),
        );
        throwIfCancelled(io.signal, graph);
        const result =
          made.predicted && !from.sameSamples
            ? { ...made, predicted: { ...made.predicted, guarantee: "observed" as const } }
            : made;
        await writeAtomically(flags.output, printDocument(result));
        io.out(
          flags.json
            ? `${JSON.stringify(result)}\n`
            : `${planText(result)}\nplan written to ${flags.output}\n`,
        );
        return exit.ok;
      }),
    );
  },
};

/** Samples are optional here: without any there is no prediction. Flags about them are then refused. */
function loadOptionalData(path: string, graph: Graph, command: Command, flags: Flags): LoadedData | null {
  try {
    return loadData(path, graph, flags);
  } catch (error) {
    if (!(error instanceof InputError && error.code === "no-data")) throw error;
    const about = ["labels", "scale", "mean", "std", "samples", "evaluate", "task"];
    if (givenFlags(command, about).length > 0) throw error;
    return null;
  }
}
