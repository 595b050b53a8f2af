// mpplan front: what each cost buys, from one profile. No plan is written: plan makes the one that is chosen.
import { Option } from "commander";
import { split, type Plan } from "@mpplan/ir";
import { PlannerError } from "@mpplan/planner";
import { plannerOf } from "../../make-plan.js";
import { isMadeFrom } from "../../pipeline.js";
import { prepareGraph } from "../../prepare-graph.js";
import { highPrecisionSites } from "../../site-patterns.js";
import { siteNames, throwIfCancelled } from "../../work.js";
import { loadProfiles } from "../documents.js";
import { exit } from "../exit.js";
import {
  collect,
  commonFlags,
  inputFlags,
  numbers,
  patternFlags,
  precisionFlags,
  splitFlags,
  taskFlags,
  threadFlags,
  type CommonFlags,
  type InputFlags,
  type PrecisionFlags,
  type SplitFlags,
  type TaskFlags,
  type ThreadFlags,
} from "../options.js";
import { createReporter } from "../progress.js";
import { frontText } from "../render/front.js";
import { describeModel, echo, loadData, loadModel, resolveAndDescribe, resolveThreads } from "../work.js";
import type { CliCommand } from "./command.js";

type Flags = CommonFlags &
  InputFlags &
  SplitFlags &
  TaskFlags &
  PrecisionFlags &
  ThreadFlags & { profile: string[]; costs: number[]; include?: string[]; exclude?: string[] };

const defaultCosts = [0.5625, 0.625, 0.6875, 0.75, 0.8125, 0.875, 0.9375, 1];

/** What one cost buys; nulls and the reason where no plan keeps it. */
export interface FrontRow {
  readonly budget: number;
  readonly mode: Plan["mode"] | null;
  readonly cost: number | null;
  readonly fractionHigh: number | null;
  readonly error: number | null;
  readonly flips: number | null;
  readonly note?: string;
}

export const front: CliCommand = {
  define(program, run, io) {
    const command = program
      .command("front")
      .summary("what each cost buys, from one profile")
      .description(
        "Makes the best plan of every cost from a profile that mpplan calibrate wrote, and shows what each loses on the tuning samples. Give the samples that were given to calibrate, with the same --samples and --seed.",
      )
      .argument("<model.onnx>")
      .requiredOption("-p, --profile <profile.json>", "a profile; repeatable: shards are merged", collect)
      .addOption(
        new Option("--costs <list>", "modelled costs, 1 being uniform high")
          .argParser(numbers)
          .default(defaultCosts, defaultCosts.join(",")),
      );
    patternFlags(taskFlags(splitFlags(inputFlags(commonFlags(command)))));
    threadFlags(precisionFlags(command)).action((path: string, flags: Flags) =>
      run(async () => {
        const { precision, shown } = resolveAndDescribe(flags);
        const threads = resolveThreads(flags);
        const model = loadModel(path);
        const profile = loadProfiles(flags.profile, model.imported);
        const data = loadData(path, model.imported, flags);
        const parts = split(data.samples, {
          seed: flags.seed,
          calibrate: flags.samples,
          evaluate: flags.evaluate,
        });
        const sameSamples = isMadeFrom(profile, parts.build);
        echo(
          io,
          flags.quiet,
          "mpplan front",
          {
            ...describeModel(model),
            profile: `${profile.data.samples} samples${flags.profile.length > 1 ? ` in ${flags.profile.length} parts` : ""}`,
            predicts: `on ${parts.tune.count} tuning samples, seed ${flags.seed}`,
            ...shown,
            ...threads.shown,
          },
          [...data.notes, ...(sameSamples ? [] : [otherSamples])],
        );
        const reporter = createReporter(io, flags.quiet);
        try {
          const graph = prepareGraph(model.imported, data.samples.at(0), precision.operands);
          highPrecisionSites(siteNames(graph), flags);
          const planner = plannerOf(graph, profile, { tune: parts.tune }, precision, {
            seed: flags.seed,
            task: flags.task,
            include: flags.include,
            exclude: flags.exclude,
            onProgress: reporter.onProgress,
            signal: io.signal,
            ...threads.on,
          });
          const rows: FrontRow[] = [];
          for (const value of flags.costs) {
            rows.push(await rowAt(value, () => planner.plan({ budget: { kind: "cost", value } })));
            throwIfCancelled(io.signal, graph);
          }
          reporter.stop();
          const document = {
            model: { name: graph.name, digest: graph.digest },
            samples: parts.tune.count,
            guarantee: "observed",
            rows,
          };
          io.out(flags.json ? `${JSON.stringify(document)}\n` : frontText(rows, parts.tune.count));
          return exit.ok;
        } finally {
          reporter.stop();
        }
      }),
    );
  },
};

const otherSamples =
  "the profile was made from other samples, or from other --samples or --seed: some tuning samples may be among them";

async function rowAt(budget: number, make: () => Promise<Plan>): Promise<FrontRow> {
  try {
    const { mode, predicted } = await make();
    const { cost, fractionHigh, error, flips } = predicted!;
    return { budget, mode, cost, fractionHigh, error, flips };
  } catch (error) {
    if (!(error instanceof PlannerError && error.code === "wrong-budget")) throw error;
    return { budget, mode: null, cost: null, fractionHigh: null, error: null, flips: null, note: error.what };
  }
}
