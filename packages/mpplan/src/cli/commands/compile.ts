// mpplan compile: a model and samples in, a plan out, with what it costs and loses.
import { basename } from "node:path";
import type { Command } from "commander";
import { printDocument, unplannedSums, type Profile } from "@mpplan/ir";
import { writeAtomically } from "../../node/files.js";
import { checkDecision } from "../../make-plan.js";
import { compileModel } from "../../pipeline.js";
import { resolveBudget } from "../../settings.js";
import { profileAtPath } from "../documents.js";
import { exit } from "../exit.js";
import {
  commonFlags,
  decisionFlags,
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
import { planText, reportText } from "../render/plan.js";
import { unplannedText } from "../render/unplanned.js";
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

type Flags = WorkFlags &
  TaskFlags &
  DecisionFlags & { output?: string; saveProfile?: string; resume?: string };

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
        const soFar = flags.saveProfile ?? (output === undefined ? undefined : profileBeside(output));
        const inputs = [path, ...(flags.data ?? []), flags.labels];
        checkOutputs({ "--output": output, "--save-profile": flags.saveProfile }, inputs);
        const resume = flags.resume === undefined ? undefined : profileAtPath(flags.resume);
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
            ...(resume && { "goes on": `after ${resume.data.samples} samples that ${flags.resume} has` }),
            ...decisionLines(flags, budget),
            ...threads.shown,
            "writes to": output ?? "stdout",
          },
          notes,
        );
        const { graph, plan, report, profile } = await reporting(io, flags.quiet, ({ onProgress }) =>
          compileModel(model.source.bytes, samples, {
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
            resume,
            onProgress,
            signal: io.signal,
            ...threads.on,
          }),
        );
        if (output !== undefined) await writeAtomically(output, printDocument(plan));
        const kept = report ? flags.saveProfile : soFar;
        if (kept !== undefined) await writeAtomically(kept, printDocument(profile));
        const unplanned = unplannedSums(graph);
        if (!report) {
          io.err(interruptedText(profile, output, kept));
          if (flags.json) io.out(`${JSON.stringify({ plan, report, unplanned })}\n`);
          return exit.interrupted;
        }
        if (flags.json) io.out(`${JSON.stringify({ plan, report, unplanned })}\n`);
        else {
          const left = unplannedText(unplanned);
          io.out(`${planText(plan)}\n${reportText(plan, report)}${left}\nplan written to ${output}\n`);
        }
        return exit.ok;
      }),
    );
  },
};

/** Where an interrupted run leaves what it measured. */
function profileBeside(output: string): string {
  return `${output.replace(/\.json$/i, "")}.profile.json`;
}

function interruptedText(profile: Profile, output: string | undefined, kept: string | undefined): string {
  return [
    `interrupted: ${profile.data.samples} samples were measured, and the plan comes from them alone; nothing was simulated\n`,
    output === undefined ? "" : `the plan so far is in ${output}\n`,
    kept === undefined
      ? "nothing was kept to go on from; give -o or --save-profile next time\n"
      : `to go on: the same command with --resume ${kept}\n`,
  ].join("");
}

function outputFlag(command: Command): Command {
  return command
    .optionsGroup("Output:")
    .option(
      "-o, --output <plan.json>",
      "where the plan goes (default: <model>.plan.json in this folder; with --json, only stdout)",
    )
    .option("--save-profile <file>", "also keep what was measured, for mpplan plan and other budgets")
    .option("--resume <profile.json>", "go on where Ctrl-C stopped an earlier run");
}

function outputOf(path: string, { output, json }: Flags): string | undefined {
  return output ?? (json ? undefined : `${basename(path).replace(/\.onnx$/i, "")}.plan.json`);
}
