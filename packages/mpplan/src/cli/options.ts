// The flags that commands share, in groups, and how their values are read.
import { InvalidArgumentError, Option, type Command } from "commander";
import { presets } from "@mpplan/ir";
import { policies, rules } from "@mpplan/planner";
import { parseNumber } from "../data/preprocess.js";

export interface CommonFlags {
  json?: boolean;
  quiet?: boolean;
}

export interface DataFlags {
  data?: string[];
  labels?: string;
  scale?: number;
  mean?: number[];
  std?: number[];
  samples?: number;
  evaluate?: number;
  seed: number;
  randomData?: boolean | number;
  task?: "classifier" | "values";
}

export interface PrecisionFlags {
  preset?: string;
  low?: string;
  high?: string;
  formats?: string[];
  order?: string;
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
  include?: string[];
  exclude?: string[];
}

export function commonFlags(command: Command): Command {
  return command
    .option("--json", "print one JSON document on stdout")
    .option("-q, --quiet", "no settings and no progress on stderr");
}

export function dataFlags(command: Command): Command {
  return command
    .option("-d, --data <path>", "samples: .npz, .npy, idx or test_data_set_* folders; repeatable", collect)
    .option("--labels <path>", "the right class of every sample: .npy or idx")
    .option("--scale <number>", "multiply inputs by this first, such as 1/255", number)
    .option("--mean <numbers>", "then subtract this, one number or one per channel", numbers)
    .option("--std <numbers>", "then divide by this", numbers)
    .option(
      "--samples <n>",
      "samples to calibrate on, a quarter of them for tuning (default: 512, or half)",
      count,
    )
    .option("--evaluate <n>", "samples to evaluate on, taken from the rest (default: all the rest)", count)
    .addOption(
      new Option("--seed <n>", "seed of the split and of everything random").argParser(integer).default(1),
    )
    .option(
      "--random-data [n]",
      "make up n samples (default 64) where there are none; the plan will say so",
      count,
    )
    .addOption(new Option("--task <task>", "what the outputs are").choices(["classifier", "values"]));
}

export function precisionFlags(command: Command): Command {
  return command
    .option("--preset <name>", `accumulators to model: ${presets.map((p) => p.name).join(", ")}`)
    .option("--low <format>", "the low format, such as ieee-e4m3, bfloat16 or e5m6")
    .option("--high <format>", "the high format")
    .option("--formats <list>", "a whole ladder, cheapest first, instead of --low and --high", list)
    .option("--order <order>", "sequential, pairwise, blocked(8), chunked(32, binary32), aligned(32, 14)")
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
  return command
    .option(
      "--policy <name>",
      `static policy: uniform, ${policies.map((p) => p.name).join(", ")} (default: absolute)`,
    )
    .option("--rule <name>", `dynamic rule instead of a policy: ${rules.map((r) => r.name).join(", ")}`)
    .option("--tau <number>", "budget: high above this tolerance", number)
    .option("--budget <cost>", "budget: modelled cost, 1 = everything high (default: 0.75)", number)
    .option("--max-high <share>", "budget: share of multiply-accumulates in high precision", number)
    .option("--include <pattern>", "plan only nodes whose name matches (* and ?); repeatable", collect)
    .option("--exclude <pattern>", "keep nodes whose name matches in high precision; repeatable", collect);
}

export function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

export function list(value: string): string[] {
  // Orders hold commas inside parentheses; formats do not.
  return value.split(",").map((item) => item.trim());
}

export function collectLists(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), ...list(value)];
}

export function number(value: string): number {
  const n = parseNumber(value);
  if (!Number.isFinite(n) || n < 0) throw new InvalidArgumentError("It must be a number, 0 or larger.");
  return n;
}

export function numbers(value: string): number[] {
  return list(value).map((item) => {
    const n = parseNumber(item);
    if (!Number.isFinite(n))
      throw new InvalidArgumentError("It must be a number, or numbers with commas between.");
    return n;
  });
}

export function count(value: string): number {
  if (!/^\d{1,9}$/.test(value) || Number(value) < 1)
    throw new InvalidArgumentError("It must be a whole number, 1 or larger.");
  return Number(value);
}

export function integer(value: string): number {
  if (!/^-?\d{1,9}$/.test(value)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(value);
}

function costs(value: string): Record<string, number> {
  return Object.fromEntries(
    list(value).map((item) => {
      const [format, cost] = item.split("=");
      if (!format || cost === undefined)
        throw new InvalidArgumentError("Write it as format=number, with commas between.");
      return [format, number(cost)];
    }),
  );
}
