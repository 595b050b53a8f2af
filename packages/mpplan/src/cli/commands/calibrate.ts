// mpplan calibrate: the first half of compile. Shards may run anywhere; plan merges their profiles.
import type { Command } from "commander";
import { printDocument, shard, split } from "@mpplan/ir";
import { writeAtomically } from "../../node/files.js";
import { makeProfile } from "../../pipeline.js";
import { prepareGraph } from "../../prepare-graph.js";
import { UsageError } from "../../errors.js";
import { profileAtPath } from "../documents.js";
import { exit } from "../exit.js";
import {
  commonFlags,
  givenFlags,
  inputFlags,
  precisionFlags,
  splitFlags,
  threadFlags,
  type WorkFlags,
} from "../options.js";
import { checkOutputs } from "../outputs.js";
import { reporting } from "../progress.js";
import { profileText } from "../render/profile.js";
import { describeModel, echo, loadData, loadModel, resolveAndDescribe, resolveThreads } from "../work.js";
import type { CliCommand } from "./command.js";

type Flags = WorkFlags & { output: string; shard?: string; all?: boolean; resume?: string };

export const calibrate: CliCommand = {
  define(program, run, io) {
    const command = program
      .command("calibrate")
      .summary("measure every neuron on samples: the first half of compile")
      .description(
        "Runs the exact network on the build samples and writes what every neuron's sums are like.",
      )
      .argument("<model.onnx>")
      .optionsGroup("Output:")
      .requiredOption("-o, --output <profile.json>", "where the profile goes");
    splitFlags(inputFlags(commonFlags(command)))
      .option("--shard <i/n>", "only the i-th of n parts of the build samples; mpplan plan merges the parts")
      .option("--resume <profile.json>", "go on where Ctrl-C stopped an earlier run")
      .option("--all", "use every sample, leaving none to tune and evaluate");
    threadFlags(precisionFlags(command)).action((path: string, flags: Flags) =>
      run(async () => {
        checkAll(command, flags);
        checkOutputs({ "--output": flags.output }, [path, ...(flags.data ?? []), flags.labels]);
        const { precision, shown } = resolveAndDescribe(flags);
        const threads = resolveThreads(flags);
        const part = flags.shard === undefined ? null : parseShard(flags.shard);
        const model = loadModel(path);
        const { samples, notes } = loadData(path, model.imported, flags);
        const build = flags.all
          ? samples
          : split(samples, { seed: flags.seed, calibrate: flags.samples, evaluate: flags.evaluate }).build;
        const mine = part ? shard(build, part.index, part.count) : build;
        echo(
          io,
          flags.quiet,
          "mpplan calibrate",
          {
            ...describeModel(model),
            samples: `${mine.count} of ${samples.count}${part ? `, shard ${flags.shard}` : ""}, seed ${flags.seed}`,
            ...shown,
            ...threads.shown,
            "writes to": flags.output,
          },
          flags.labels === undefined ? notes : [...notes, labelsNote],
        );
        const graph = prepareGraph(model.imported, samples.at(0), precision.operands);
        const profile = await reporting(io, flags.quiet, ({ onProgress }) =>
          makeProfile(
            graph,
            mine,
            precision,
            {
              seed: flags.seed,
              resume: flags.resume === undefined ? undefined : profileAtPath(flags.resume),
              onProgress,
              signal: io.signal,
              ...threads.on,
            },
            build,
          ),
        );
        await writeAtomically(flags.output, printDocument(profile));
        if (profile.data.samples < mine.count) {
          io.err(
            `interrupted after ${profile.data.samples} of ${mine.count} samples, which are in ${flags.output}\nto go on: the same command with --resume ${flags.output}\n`,
          );
          return exit.interrupted;
        }
        if (flags.json) {
          const sites = profile.sites.map((s) => ({
            site: s.site,
            op: s.op,
            neurons: s.neurons.length,
            length: s.length,
            macs: s.macs,
          }));
          io.out(
            `${JSON.stringify({ model: profile.model, data: profile.data, sites, output: flags.output })}\n`,
          );
        } else {
          io.out(`${profileText(profile)}\nprofile written to ${flags.output}\n`);
        }
        return exit.ok;
      }),
    );
  },
};

const labelsNote = "the labels are checked; a profile does not depend on them";

function checkAll(command: Command, { all }: Flags): void {
  const ignored = givenFlags(command, ["samples", "evaluate"]);
  if (!all || ignored.length === 0) return;
  throw new UsageError("conflicting-options", {
    what: `With --all every sample is used, so ${ignored.join(" and ")} would have no effect`,
    where: "the choice of samples",
    next: "leave out one of them",
  });
}

function parseShard(text: string): { index: number; count: number } {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [index, count] = [Number(match?.[1]) - 1, Number(match?.[2])];
  if (match && index >= 0 && index < count) return { index, count };
  throw new UsageError("bad-option", {
    what: `"${text}" is no shard`,
    where: "--shard",
    next: "write the i-th of n as i/n, from 1/8 to 8/8",
  });
}
