// mpplan run: executes a model under a plan, or uniformly, and says what each site really did.
import { Option, type Command } from "commander";
import { ErrorMeter, guessTask } from "@mpplan/calibration";
import {
  addExecuted,
  IrError,
  printAccumulator,
  printOperands,
  subset,
  type ExecutedSite,
  type Graph,
  type Samples,
  type Tensor as IrTensor,
  type Plan,
} from "@mpplan/ir";
import { nodeGpu } from "@mpplan/runtime-webgpu/node";
import { backendNames, defaultBackend } from "../../backends.js";
import { UsageError } from "../../errors.js";
import { Inference } from "../../inference-session.js";
import { throwIfCancelled, type Progress } from "../../work.js";
import { modeOf, type ExecutionMode } from "../../session-options.js";
import { writeAtomically } from "../../node/files.js";
import { writeNpz } from "../../data/npz.js";
import { Tensor } from "../../tensor.js";
import { planAtPath } from "../documents.js";
import { exit } from "../exit.js";
import {
  commonFlags,
  count,
  givenFlags,
  inputFlags,
  number,
  precisionFlags,
  threadFlags,
  type CommonFlags,
  type InputFlags,
  type PrecisionFlags,
  type ThreadFlags,
} from "../options.js";
import { checkOutputs } from "../outputs.js";
import { reporting } from "../progress.js";
import { executedText } from "../render/executed.js";
import { describeModel, echo, loadData, loadModel, precisionOptions, resolveThreads } from "../work.js";
import { stackOutputs } from "../stack.js";
import type { CliCommand } from "./command.js";

type Flags = CommonFlags &
  InputFlags &
  PrecisionFlags &
  ThreadFlags & {
    samples?: number;
    plan?: string;
    mode?: ExecutionMode;
    backend: string;
    semantics?: Plan["semantics"];
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
        "Runs the model on every sample, and says what each site really did: under a plan, uniformly, by a dynamic rule, or exactly, which is the model as it stands unless a preset is named.",
      )
      .argument("<model.onnx>")
      .optionsGroup("Output:")
      .option("-o, --output <out.npz>", "where the outputs go, one array per output");
    inputFlags(commonFlags(command))
      .option("--samples <n>", "run the first n samples only (default: all)", count)
      .optionsGroup("What is run:")
      .option("-p, --plan <plan.json>", "the plan to carry out")
      .addOption(
        new Option("--mode <mode>", "default: the plan's, or reference, which is exact").choices([
          "static",
          "dynamic",
          "hybrid",
          "uniform",
          "reference",
        ]),
      )
      .addOption(
        new Option("--backend <name>", "what computes; cpu and reference give the same bits")
          .choices(backendNames)
          .default(defaultBackend),
      )
      .addOption(
        new Option(
          "--semantics <kind>",
          "exact: emulate the accumulators bit by bit; floor: at least their precision, in the GPU's own f16 and f32 with --backend webgpu (default: the plan's)",
        ).choices(["exact", "floor"]),
      )
      .option("--format <format>", "the format of --mode uniform without a plan (default: the high one)")
      .option("--rule <name>", "the rule of --mode dynamic without a plan (default: kappa)")
      .option("--tau <number>", "its tolerance", number);
    threadFlags(precisionFlags(command)).action((path: string, flags: Flags) =>
      runAction(async () => {
        checkOutputs({ "--output": flags.output }, [path, flags.plan, ...(flags.data ?? []), flags.labels]);
        // The reference backend has one thread; it says so where another number is asked for.
        const threads =
          flags.backend === defaultBackend
            ? resolveThreads(flags)
            : { on: { threads: flags.threads }, shown: {} };
        const model = loadModel(path);
        const plan = flags.plan === undefined ? undefined : planAtPath(flags.plan);
        const options = {
          ...precisionOptions(flags),
          plan,
          mode: flags.mode,
          semantics: flags.semantics,
          format: flags.format,
          rule: flags.rule,
          tau: flags.tau,
          seed: seedOf(command, flags),
          executionProviders: [flags.backend],
          gpu: nodeGpu,
          ...threads.on,
        };
        const session = await Inference.open(model.source, options);
        const { samples: all, notes } = loadData(path, model.imported, flags);
        const samples = first(all, flags.samples);
        const mode = modeOf(options, plan);
        echo(
          io,
          flags.quiet,
          "mpplan run",
          {
            ...describeModel(model),
            samples:
              samples.count === all.count ? String(all.count) : `the first ${samples.count} of ${all.count}`,
            mode,
            backend: flags.backend,
            ...threads.shown,
            ...(plan && { plan: `${flags.plan}, policy ${plan.policy}` }),
            ...describeSession(session),
          },
          notes,
        );
        try {
          const measured = await reporting(
            io,
            flags.quiet,
            ({ onProgress }) => runAll(session, model.imported, samples, io.signal, onProgress),
            { evaluate: "running" },
          );
          throwIfCancelled(io.signal, model.imported);
          const { outputs, ...rest } = measured;
          if (flags.output !== undefined) {
            await writeAtomically(
              flags.output,
              writeNpz(new Map([...outputs].map(([name, t]) => [name, t.toIr()]))),
            );
          }
          const facts = Object.fromEntries(
            [...outputs].map(([name, t]) => [name, { dims: t.dims, type: t.type }]),
          );
          const shown = { outputs: facts, ...rest };
          if (flags.json) io.out(`${JSON.stringify(shown)}\n`);
          else io.out(executedText(session.plan, shown, samples.count, flags.output));
          return exit.ok;
        } finally {
          await session.release();
        }
      }),
    );
  },
};

/** Every sample once: the outputs, what was executed, and with labels how many are right. */
async function runAll(
  session: Inference,
  graph: Graph,
  samples: Samples,
  signal: AbortSignal | undefined,
  onProgress: Progress,
) {
  const started = performance.now();
  let executed: ExecutedSite[] = [];
  const results: Record<string, Tensor>[] = [];
  const meter = new ErrorMeter("classifier");
  for (let i = 0; i < samples.count; i++) {
    throwIfCancelled(signal, graph, { done: i, total: samples.count });
    const feeds = Object.fromEntries([...samples.at(i)].map(([name, t]) => [name, Tensor.fromIr(t)]));
    const outputs = await session.run(feeds);
    results.push(outputs);
    const label = samples.label(i);
    if (label !== null) {
      const logits = new Map(Object.entries(outputs).map(([name, t]) => [name, t.toIr()]));
      checkLogits(logits);
      meter.add(logits, logits, label);
    }
    executed = addExecuted(executed, session.executed);
    onProgress("evaluate", i + 1, samples.count);
  }
  const { accuracy } = meter;
  return {
    outputs: stackOutputs(session.outputNames, results),
    executed,
    seconds: (performance.now() - started) / 1000,
    ...(accuracy !== null && { accuracy }),
  };
}

/** What is really in force, of the session rather than of the flags. */
function describeSession({ plan, operands }: Inference): Record<string, string> {
  const accumulators = plan?.accumulators.map((a) => printAccumulator(a)).join("; ");
  return {
    ...(plan && { accumulators: accumulators! }),
    operands: printOperands(operands),
  };
}

function first(samples: Samples, n: number | undefined): Samples {
  if (n === undefined || n === samples.count) return samples;
  if (n < samples.count)
    return subset(
      samples,
      Array.from({ length: n }, (_, i) => i),
    );
  throw new IrError("too-few-samples", {
    what: `There are ${samples.count} samples, not ${n}`,
    where: "--samples",
    next: `ask for at most ${samples.count}, or give more with --data`,
  });
}

/** The seed of the run, where it was asked for; with --random-data it is also the seed of the samples. */
function seedOf(command: Command, flags: Flags): number | undefined {
  const asked = givenFlags(command, ["seed"]).length > 0;
  return asked && flags.randomData === undefined ? flags.seed : undefined;
}

function checkLogits(outputs: ReadonlyMap<string, IrTensor>): void {
  if (guessTask(outputs) === "classifier") return;
  throw new UsageError("bad-option", {
    what: "Labels need a model with one output of logits, one row per sample, and this one has other outputs",
    where: "--labels",
    next: "leave the labels out",
  });
}
