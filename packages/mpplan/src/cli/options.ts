// The flags that commands share, in groups, and how their values are read.
import { InvalidArgumentError, Option, type Command } from "commander";
import { presets } from "@mpplan/ir";
import { policies, rules } from "@mpplan/planner";
import { mostThreads, type ThreadsWanted } from "@mpplan/runtime-cpu";
import { defaultPolicy, mixedPolicies } from "../plan-makers.js";
import { autoFlips } from "../settings.js";
import { parseNumber } from "../data/preprocess.js";

export interface CommonFlags {
  json?: boolean;
  quiet?: boolean;
}

export interface InputFlags {
  data?: string[];
  scale?: number;
  mean?: number[];
  std?: number[];
  labels?: string;
  randomData?: boolean | number;
  seed: number;
}

export interface SplitFlags {
  samples?: number;
  evaluate?: number;
}

export interface TaskFlags {
  task?: "classifier" | "values";
}

export interface ThreadFlags {
  threads: ThreadsWanted;
}

export interface PrecisionFlags {
  preset?: string;
  low?: string;
  high?: string;
  formats?: string[];
  order?: string;
  rowScales?: boolean;
  product?: string;
  rounding?: string;
  overflow?: string;
  weightsFormat?: string;
  activationsFormat?: string;
  cost?: Record<string, number>;
}

export interface DecisionFlags {
  policy?: string;
  rule?: string;
  tau?: number;
  budget?: number;
  maxHigh?: number;
  maxError?: number;
  maxFlips?: number;
  auto?: boolean;
  confidence?: number;
  include?: string[];
  exclude?: string[];
}

/** What every command has that runs a model on samples. */
export type WorkFlags = CommonFlags & InputFlags & SplitFlags & PrecisionFlags & ThreadFlags;

export function commonFlags(command: Command): Command {
  return command
    .optionsGroup("Output:")
    .option("--json", "print one JSON document on stdout")
    .option("-q, --quiet", "no settings and no progress on stderr");
}

export function inputFlags(command: Command): Command {
  return command
    .optionsGroup("Samples:")
    .option(
      "-d, --data <path>",
      "samples: .npz, .npy, idx, .pb, or a folder of test_data_set_*; repeatable (default: such folders beside the model)",
      collect,
    )
    .option("--labels <path>", "the right class of every sample: .npy or idx")
    .option("--scale <number>", "multiply inputs by this first, such as 1/255", anyNumber)
    .option("--mean <numbers>", "then subtract this, one number or one per channel", anyNumbers)
    .option("--std <numbers>", "then divide by this", anyNumbers)
    .option("--random-data [n]", "make up n samples (default: 64); the plan will say so", count)
    .addOption(
      new Option("--seed <n>", "seed of the split and of everything random").argParser(integer).default(1),
    );
}

export function splitFlags(command: Command): Command {
  return command
    .option(
      "--samples <n>",
      "samples to calibrate on, a quarter of them for tuning (default: 512, or half)",
      count,
    )
    .option("--evaluate <n>", "samples to evaluate on, from the rest (default: all the rest)", count);
}

export function taskFlags(command: Command): Command {
  return command.addOption(
    new Option(
      "--task <task>",
      "whether outputs are logits or plain values (default: by their shape)",
    ).choices(["classifier", "values"]),
  );
}

export function threadFlags(command: Command): Command {
  return command
    .optionsGroup("Speed:")
    .addOption(
      new Option("--threads <n>", "threads that compute; their number changes no result")
        .argParser(threads)
        .default("auto", "all the cores"),
    );
}

export function precisionFlags(command: Command): Command {
  return command
    .optionsGroup("Accumulators:")
    .option("--preset <name>", `a named pair: ${presets.map((p) => p.name).join(", ")} (default: e4m3-f16)`)
    .option("--low <format>", "the low format, such as ieee-e4m3, bfloat16 or e5m6")
    .option("--high <format>", "the high format")
    .option("--formats <list>", "a whole ladder, cheapest first, instead of --low and --high", list)
    .option(
      "--order <order>",
      "sequential, pairwise, blocked(8), chunked(32, binary32) or aligned(32, 14); or planned (blocks and order of terms per site) or planned-blocks",
    )
    .option(
      "--no-row-scales",
      "leave rows whose sums clip as they are, instead of scaling them by powers of two",
    )
    .option("--product <rule>", "fma, fma-f32, rounded or f32-add")
    .option("--rounding <mode>", "nearest-even, toward-zero or stochastic")
    .option("--overflow <rule>", "saturate or infinity")
    .option("--weights-format <format>", "cast weights and bias first; none leaves them")
    .option("--activations-format <format>", "cast activations before each sum; none leaves them")
    .option(
      "--cost <list>",
      "modelled cost per format, such as ieee-e4m3=1,binary16=2 (default: bits)",
      costs,
    );
}

export function decisionFlags(command: Command): Command {
  return patternFlags(
    command
      .optionsGroup("Decision:")
      .option(
        "--policy <name>",
        `${Object.keys(mixedPolicies).join(", ")}, or static: uniform, ${policies.map((p) => p.name).join(", ")} (default: ${defaultPolicy})`,
      )
      .option("--rule <name>", `dynamic rule instead of a policy: ${rules.map((r) => r.name).join(", ")}`)
      .option("--budget <cost>", "at most this modelled cost, 1 = everything high (default: 0.75)", number)
      .option(
        "--max-high <share>",
        "or: at most this share of multiply-accumulates in high precision",
        number,
      )
      .option(
        "--max-error <error>",
        "or: at most this relative error of the outputs, as cheaply as possible",
        number,
      )
      .option(
        "--max-flips <rate>",
        "or: at most this share of flips, tested on samples used for nothing else",
        number,
      )
      .option("--auto", `or: the cheapest plan that keeps flips below ${100 * autoFlips} %`)
      .option("--confidence <share>", "of the flip limit (default: 0.95)", number)
      .option(
        "--tau <number>",
        "or: high above this tolerance, for --rule kappa and static policies",
        number,
      ),
  );
}

export function patternFlags(command: Command): Command {
  return command
    .option("--include <pattern>", "plan only nodes whose name matches (* and ?); repeatable", collect)
    .option("--exclude <pattern>", "keep nodes whose name matches in high precision; repeatable", collect);
}

/** The flags of that list that were given, as they are typed. */
export function givenFlags(command: Command, names: readonly string[]): string[] {
  return names
    .filter((name) => command.getOptionValueSource(name) === "cli")
    .map((name) => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`);
}

export function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

function list(value: string): string[] {
  const items = value.split(",").map((item) => item.trim());
  if (items.includes("")) throw new InvalidArgumentError("Write names with commas between.");
  return items;
}

export function collectLists(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), ...list(value)];
}

/** Numbers that are 0 or larger. */
export function number(value: string): number {
  const n = read(value);
  if (!(n >= 0)) throw new InvalidArgumentError("Give a number, 0 or larger.");
  return n;
}

export function numbers(value: string): number[] {
  return value.split(",").map(number);
}

function anyNumber(value: string): number {
  const n = read(value);
  if (Number.isNaN(n)) throw new InvalidArgumentError("Give a number, such as 0.5 or 1/255.");
  return n;
}

function anyNumbers(value: string): number[] {
  return value.split(",").map(anyNumber);
}

export function count(value: string): number {
  if (!/^\d{1,9}$/.test(value) || Number(value) < 1)
    throw new InvalidArgumentError("Give a whole number, 1 or larger.");
  return Number(value);
}

function threads(value: string): ThreadsWanted {
  if (value === "auto") return value;
  if (!/^\d{1,9}$/.test(value) || Number(value) < 1 || Number(value) > mostThreads)
    throw new InvalidArgumentError(`Give a whole number from 1 to ${mostThreads}, or auto.`);
  return Number(value);
}

export function integer(value: string): number {
  if (!/^-?\d{1,9}$/.test(value)) throw new InvalidArgumentError("Give a whole number.");
  return Number(value);
}

function costs(value: string): Record<string, number> {
  const entries = value.split(",").map((item): [string, number] => {
    const [format = "", cost = "", ...rest] = item.split("=").map((part) => part.trim());
    const n = read(cost);
    if (format === "" || rest.length > 0 || !(n > 0))
      throw new InvalidArgumentError("Write format=number with commas between, each number above 0.");
    return [format, n];
  });
  return Object.fromEntries(entries);
}

/** NaN for what is no number. */
function read(value: string): number {
  try {
    return parseNumber(value);
  } catch {
    return NaN;
  }
}
