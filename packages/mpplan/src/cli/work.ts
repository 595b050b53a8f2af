// What most commands begin with: read the model, find the samples, resolve and echo the settings.
import { basename, dirname, resolve } from "node:path";
import { printType, valueOf, type Graph, type Samples } from "@mpplan/ir";
import { checkFileSize } from "@mpplan/onnx";
import { chooseThreads } from "@mpplan/runtime-cpu";
import { nodeWorkers } from "@mpplan/runtime-cpu/node";
import type { ThreadOptions } from "../backends.js";
import type { InputSpec } from "../data/pieces.js";
import { externalFiles, readBytes } from "../node/files.js";
import { loadSamples } from "../node/samples.js";
import { importModel, type ModelSource } from "../prepare-graph.js";
import { describePrecision, resolvePrecision, type Precision, type PrecisionOptions } from "../settings.js";
import type { Io } from "./io.js";
import type { InputFlags, PrecisionFlags, ThreadFlags } from "./options.js";

export interface LoadedModel {
  readonly source: ModelSource;
  readonly imported: Graph;
}

export function loadModel(path: string, bytes = readBytes(path, checkFileSize)): LoadedModel {
  const source: ModelSource = {
    bytes,
    name: nameOf(path),
    externalData: externalFiles(path),
    keepBytes: true,
  };
  return { source, imported: importModel(source) };
}

/** The file's name without its ending; its folder's where it is called model.onnx, as so many are. */
function nameOf(path: string): string {
  const name = basename(path).replace(/\.onnx$/i, "");
  return name === "model" ? basename(dirname(resolve(path))) || name : name;
}

export interface LoadedData {
  readonly samples: Samples;
  readonly notes: readonly string[];
}

export function loadData(modelPath: string, imported: Graph, flags: InputFlags): LoadedData {
  const inputs: InputSpec[] = imported.inputs.map((id) => ({ id, type: valueOf(imported, id).type }));
  const random =
    flags.randomData === undefined
      ? undefined
      : { count: flags.randomData === true ? 64 : Number(flags.randomData), seed: flags.seed };
  return loadSamples({
    modelPath,
    inputs,
    data: flags.data,
    labels: flags.labels,
    randomData: random,
    ...(flags.scale !== undefined && { scale: flags.scale }),
    ...(flags.mean !== undefined && { mean: flags.mean }),
    ...(flags.std !== undefined && { std: flags.std }),
  });
}

export function precisionOptions(flags: PrecisionFlags): PrecisionOptions {
  const { cost, ...rest } = flags;
  return { ...rest, costs: cost };
}

/** Prints the resolved settings to stderr before any work. */
export function echo(
  io: Io,
  quiet: boolean | undefined,
  title: string,
  settings: Readonly<Record<string, string>>,
  notes: readonly string[] = [],
): void {
  if (quiet) return;
  const width = Math.max(...Object.keys(settings).map((key) => key.length));
  const lines = Object.entries(settings).map(([key, value]) => `  ${key.padEnd(width)}  ${value}`);
  io.err(`${title}\n${lines.join("\n")}\n${notes.map((note) => `  note: ${note}\n`).join("")}`);
}

export function describeModel({ imported }: LoadedModel): Record<string, string> {
  const inputs = imported.inputs.map((id) => `${id} ${printType(valueOf(imported, id).type)}`).join(", ");
  return { model: `${imported.name}, ${imported.digest.slice(0, 19)}`, inputs };
}

export function resolveAndDescribe(flags: PrecisionFlags): {
  precision: Precision;
  shown: Record<string, string>;
} {
  const precision = resolvePrecision(precisionOptions(flags));
  return { precision, shown: describePrecision(precision) };
}

/** The threads of a command, and how they are shown among its settings. */
export function resolveThreads({ threads: wanted }: ThreadFlags): {
  on: ThreadOptions;
  shown: Record<string, string>;
} {
  const workers = nodeWorkers();
  const { threads, reason } = chooseThreads(wanted, workers);
  return {
    on: { threads, workers },
    shown: { threads: reason === null ? String(threads) : `${threads}, since ${reason}` },
  };
}
