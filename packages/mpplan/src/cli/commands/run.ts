// mpplan run: executes a model under a plan, or uniformly, and says what each site really did.
import { Option } from "commander";
import { addExecuted, parsePlan, type ExecutedSite, type Plan } from "@mpplan/ir";
import { UsageError } from "../../errors.js";
import { Inference, type ExecutionMode } from "../../inference-session.js";
import { readBytes, writeAtomically } from "../../node/files.js";
import { writeNpz } from "../../data/npz.js";
import { Tensor } from "../../tensor.js";
import { exit } from "../exit.js";
import {
  commonFlags,
  dataFlags,
  number,
  precisionFlags,
  type CommonFlags,
  type DataFlags,
  type PrecisionFlags,
} from "../options.js";
import { createReporter } from "../progress.js";
import { executedText } from "../render/executed.js";
import { describeModel, echo, loadData, loadModel, precisionOptions, resolveAndDescribe } from "../work.js";
import { stackOutputs } from "../stack.js";
import type { CliCommand } from "./command.js";

type Flags = CommonFlags &
  DataFlags &
  PrecisionFlags & {
    plan?: string;
    mode?: ExecutionMode;
    backend: string;
    format?: string;
    rule?: string;
    tau?: number;
    output?: string;
  };

export const run: CliCommand = {
  define(program, runAction, io) {
    const command = program
      .command("run")
      .summary("execute a model under a plan, and prove it")
      .description(
        "Runs the model on every sample, under a plan or uniformly, and says what each site really did.",
      )
      .argument("<model.onnx>")
      .option("-p, --plan <plan.json>", "the plan to carry out")
      .addOption(
        new Option("--mode <mode>", "default: the plan's, or reference without one").choices([
          "static",
          "dynamic",
          "hybrid",
          "uniform",
          "reference",
        ]),
      )
      .addOption(new Option("--backend <name>", "what computes").choices(["reference"]).default("reference"))
      .option("--format <format>", "the format of --mode uniform without a plan (default: the high one)")
      .option("--rule <name>", "the rule of --mode dynamic without a plan")
      .option("--tau <number>", "its tolerance", number)
      .option("-o, --output <out.npz>", "where the outputs go, one array per output");
    dataFlags(precisionFlags(commonFlags(command))).action((path: string, flags: Flags) =>
      runAction(async () => {
        const model = loadModel(path);
        const plan: Plan | undefined =
          flags.plan === undefined
            ? undefined
            : parsePlan(new TextDecoder().decode(readBytes(flags.plan)), flags.plan);
        refuseIgnored(flags, plan);
        const session = await Inference.open(model.source, {
          ...precisionOptions(flags),
          plan,
          mode: flags.mode,
          format: flags.format,
          rule: flags.rule,
          tau: flags.tau,
          seed: flags.seed,
          executionProviders: [flags.backend],
        });
        const { samples, notes } = loadData(path, model.imported, flags);
        const { shown } = resolveAndDescribe(flags);
        const mode = flags.mode ?? plan?.mode ?? "reference";
        echo(
          io,
          flags.quiet,
          "mpplan run",
          {
            ...describeModel(model),
            samples: String(samples.count),
            mode,
            backend: flags.backend,
            ...(plan
              ? { plan: `${flags.plan}, policy ${plan.policy}` }
              : mode === "reference"
                ? { operands: shown["operands"]! }
                : shown),
          },
          notes,
        );
        const reporter = createReporter(io, flags.quiet === true);
        try {
          const started = performance.now();
          let executed: ExecutedSite[] = [];
          const results: Record<string, Tensor>[] = [];
          for (let i = 0; i < samples.count; i++) {
            if (io.signal.aborted) return exit.interrupted;
            const feeds = Object.fromEntries([...samples.at(i)].map(([name, t]) => [name, Tensor.fromIr(t)]));
            results.push(await session.run(feeds));
            executed = addExecuted(executed, session.executed);
            reporter.onProgress("evaluate", i + 1, samples.count);
          }
          const seconds = (performance.now() - started) / 1000;
          const outputs = stackOutputs(session.outputNames, results);
          if (flags.output !== undefined) {
            await writeAtomically(
              flags.output,
              writeNpz(new Map([...outputs].map(([name, t]) => [name, t.toIr()]))),
            );
          }
          const facts = Object.fromEntries(
            [...outputs].map(([name, t]) => [name, { dims: t.dims, type: t.type }]),
          );
          if (flags.json) io.out(`${JSON.stringify({ outputs: facts, executed, seconds })}\n`);
          else io.out(executedText(session.plan, executed, facts, samples.count, seconds, flags.output));
          return exit.ok;
        } finally {
          reporter.stop();
          await session.release();
        }
      }),
    );
  },
};

/** Flags that the chosen mode would ignore are refused: nothing asked for is dropped in silence. */
function refuseIgnored(flags: Flags, plan: Plan | undefined): void {
  const given = (
    [
      "preset",
      "low",
      "high",
      "formats",
      "order",
      "product",
      "rounding",
      "overflow",
      "weightsFormat",
      "activationsFormat",
      "cost",
      "format",
      "rule",
      "tau",
    ] as const
  ).filter((name) => flags[name] !== undefined);
  if (!plan || given.length === 0) return;
  const names = given.map((name) => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`);
  throw new UsageError("conflicting-options", {
    what: `A plan fixes its accumulators, so ${names.join(", ")} would have no effect`,
    where: "the command line",
    next: "leave them out, or run without --plan",
  });
}
