// mpplan front: what each cost buys, from one profile. No plan is written: plan makes the one that is chosen.
import { Option } from "commander";
import type { Plan } from "@mpplan/ir";
import { PlannerError } from "@mpplan/planner";
import { plannerOf } from "../../make-plan.js";
import { prepareGraph } from "../../prepare-graph.js";
import { highPrecisionSites } from "../../site-patterns.js";
import { siteNames, throwIfCancelled } from "../../work.js";
import { exit } from "../exit.js";
import { openProfile } from "../from-profile.js";
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
  type TaskFlags,
  type WorkFlags,
} from "../options.js";
import { reporting } from "../progress.js";
import { frontText } from "../render/front.js";
import { describeModel, echo, loadData, loadModel, resolveAndDescribe, resolveThreads } from "../work.js";
import type { CliCommand } from "./command.js";

type Flags = WorkFlags &
  TaskFlags & { profile: string[]; costs: number[]; include?: string[]; exclude?: string[] };

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
        const data = loadData(path, model.imported, flags);
        const from = openProfile(model.imported, data, flags);
        const { tune } = from.parts!;
        echo(
          io,
          flags.quiet,
          "mpplan front",
          { ...describeModel(model), ...from.shown, ...shown, ...threads.shown },
          [...data.notes, ...from.notes],
        );
        const graph = prepareGraph(model.imported, data.samples.at(0), precision.operands);
        highPrecisionSites(siteNames(graph), flags);
        const rows = await reporting(io, flags.quiet, async ({ onProgress }) => {
          const planner = plannerOf(graph, from.profile, { tune }, precision, {
            seed: flags.seed,
            task: flags.task,
            include: flags.include,
            exclude: flags.exclude,
            onProgress,
            signal: io.signal,
            ...threads.on,
          });
          const made: FrontRow[] = [];
          for (const value of flags.costs) {
            made.push(await rowAt(value, () => planner.plan({ budget: { kind: "cost", value } })));
            throwIfCancelled(io.signal, graph);
          }
          return made;
        });
        const document = {
          model: { name: graph.name, digest: graph.digest },
          samples: tune.count,
          guarantee: "observed",
          rows,
        };
        io.out(flags.json ? `${JSON.stringify(document)}\n` : frontText(rows, tune.count));
        return exit.ok;
      }),
    );
  },
};

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
