// Finds the sample files that a command line means, or those beside the model, and has them read.
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "../data/errors.js";
import type { InputSpec } from "../data/pieces.js";
import { isIdentity, type Preprocess } from "../data/preprocess.js";
import { randomSamples } from "../data/random-samples.js";
import { toSamples, type LoadedSamples } from "../data/samples.js";
import type { DataFile } from "../data/recognize.js";
import { readBytes } from "./files.js";

export interface LoadOptions extends Preprocess {
  /** Files and folders, in the order of the command line. */
  readonly data?: readonly string[] | undefined;
  readonly labels?: string | undefined;
  readonly modelPath: string;
  readonly inputs: readonly InputSpec[];
  /** Where there is no data: that many random samples. */
  readonly randomData?: { readonly count: number; readonly seed: number } | undefined;
}

/** Loads samples and labels. @throws InputError. */
export function loadSamples(options: LoadOptions): LoadedSamples {
  const { data = [], labels, modelPath, inputs, randomData, ...preprocess } = options;
  if (randomData) return loadRandom(options, randomData);
  const beside = data.length === 0 ? testSets(dirname(modelPath)) : [];
  if (data.length === 0 && beside.length === 0) throw noData(options);
  const paths = data.length > 0 ? data.flatMap(filesAt) : beside.flatMap(filesInSet);
  const loaded = toSamples(paths.map(readFile), inputs, {
    ...preprocess,
    labels: labels === undefined ? undefined : readFile(labels),
  });
  if (data.length > 0) return loaded;
  const sets =
    beside.length === 1
      ? `the folder ${basename(beside[0]!)}`
      : `the ${beside.length} folders test_data_set_*`;
  return {
    ...loaded,
    notes: [
      `no --data was given: ${sets} beside the model ${beside.length === 1 ? "is" : "are"} used`,
      ...loaded.notes,
    ],
  };
}

function loadRandom(options: LoadOptions, { count, seed }: { count: number; seed: number }): LoadedSamples {
  const both = (option: string, why: string): InputError =>
    new InputError("bad-option", {
      what: `--random-data cannot be used with ${option}: ${why}`,
      where: "the command line",
      next: `leave out one of the two`,
    });
  if (options.data?.length) throw both("--data", "the samples would be ignored");
  if (options.labels !== undefined) throw both("--labels", "no class is right for random numbers");
  if (!isIdentity(options))
    throw both("--scale, --mean or --std", "random inputs are standard normal already");
  const note =
    "RANDOM DATA: the samples are made up, so neither the plan nor its errors tell anything about real inputs";
  return { samples: randomSamples(options.inputs, count, seed), notes: [note] };
}

function readFile(path: string): DataFile {
  return { name: path, bytes: readBytes(path) };
}

/** The files that one value of --data stands for. */
function filesAt(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  const own = filesInSet(path);
  const sets = testSets(path);
  if (own.length > 0) return own;
  if (sets.length > 0) return sets.flatMap(filesInSet);
  throw new InputError("bad-data", {
    what: "The folder holds neither input_0.pb nor folders test_data_set_*",
    where: path,
    next: "name the sample files one by one, each with --data",
  });
}

/** The folders test_data_set_0, test_data_set_1, ... in the order of their numbers. */
function testSets(folder: string): string[] {
  return inOrder(folder, /^test_data_set_(\d+)$/).filter((path) => statSync(path).isDirectory());
}

function filesInSet(folder: string): string[] {
  return inOrder(folder, /^input_(\d+)\.pb(?:\.gz)?$/);
}

/** The entries that match, by the number in their names: 2 before 10. */
function inOrder(folder: string, pattern: RegExp): string[] {
  const number = (name: string): number => Number(pattern.exec(name)![1]);
  return list(folder)
    .filter((name) => pattern.test(name))
    .sort((a, b) => number(a) - number(b) || (a < b ? -1 : 1))
    .map((name) => join(folder, name));
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not there or not to be listed: whoever named it gets an error from reading it.
    return [];
  }
}

function noData({ modelPath, inputs }: LoadOptions): InputError {
  const model = basename(modelPath);
  const key = inputs[0]?.id ?? "input";
  return new InputError("no-data", {
    what: "No samples were given, and no test_data_set_* folders lie beside the model",
    where: modelPath,
    next: [
      "give samples with --data, for example",
      `    mpplan compile ${model} --data samples.npz                     arrays named after the inputs, here "${key}"`,
      `    mpplan compile ${model} --data samples.npy --labels labels.npy one array, its first axis counts samples`,
      `    mpplan compile ${model} --data t10k-images-idx3-ubyte.gz --scale 1/255`,
      "  or try it on made-up inputs with --random-data",
    ].join("\n"),
  });
}
