// Preprocessing as the command line takes it: (value * scale - mean) / std, in binary64, rounded once when stored.
import { sizeOf } from "@mpplan/ir";
import { InputError } from "./errors.js";

/** One number, or one per channel: axis 1 of the model's input. */
export type PerChannel = number | readonly number[];

export interface Preprocess {
  readonly scale?: number | undefined;
  readonly mean?: PerChannel | undefined;
  readonly std?: PerChannel | undefined;
}

/** The same with every place filled in: one entry, or one per channel. */
export interface Affine {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Elements of one channel of one item: how long an entry holds. */
  readonly run: number;
}

/**
 * A number as an option may spell it: a decimal or a fraction.
 * @throws InputError `bad-option`.
 *
 * @example
 * parseNumber("1/255"); // 0.00392156862745098
 */
export function parseNumber(text: string, option = "the option"): number {
  const decimal = String.raw`\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*`;
  const match = new RegExp(`^${decimal}(?:/${decimal})?$`, "i").exec(text);
  const value = match ? Number(match[1]) / Number(match[2] ?? 1) : NaN;
  if (Number.isFinite(value)) return value;
  throw badOption(
    `${JSON.stringify(text)} is no number`,
    option,
    "write a number such as 0.1307, or a fraction such as 1/255",
  );
}

/** Numbers separated by commas. @throws InputError `bad-option`. */
export function parseNumbers(text: string, option = "the option"): number[] {
  return text.split(",").map((part) => parseNumber(part, option));
}

/** True where the options ask for nothing. */
export function isIdentity({ scale, mean, std }: Preprocess): boolean {
  return scale === undefined && mean === undefined && std === undefined;
}

/** The options for samples of those dims, or null where they ask for nothing. @throws InputError `bad-option`. */
export function affineFor(options: Preprocess, dims: readonly number[], input: string): Affine | null {
  if (isIdentity(options)) return null;
  const { scale = 1 } = options;
  const mean = list(options.mean ?? 0);
  const std = list(options.std ?? 1);
  check([scale], "--scale", true);
  check(mean, "--mean", false);
  check(std, "--std", true);
  const channels = dims.length > 1 ? dims[1]! : 1;
  for (const [values, option] of [
    [mean, "--mean"],
    [std, "--std"],
  ] as const) {
    if (values.length === 1 || values.length === channels) continue;
    throw badOption(
      `${option} has ${values.length} numbers, but the input has ${channels} channel${channels === 1 ? "" : "s"}`,
      `${option} for the input "${input}" of dims [${dims.join(", ")}]: channels lie on axis 1`,
      "give one number, or one per channel",
    );
  }
  return { scale, mean, std, run: sizeOf(dims.slice(2)) };
}

/** The value of element `at` of a sample. */
export function applyAffine({ scale, mean, std, run }: Affine, value: number, at: number): number {
  const channel = Math.floor(at / run);
  return (value * scale - mean[channel % mean.length]!) / std[channel % std.length]!;
}

function list(value: PerChannel): readonly number[] {
  return typeof value === "number" ? [value] : value;
}

function check(values: readonly number[], option: string, notZero: boolean): void {
  const wrong = values.find((value) => !Number.isFinite(value) || (notZero && value === 0));
  if (wrong !== undefined)
    throw badOption(`${option} is ${wrong}`, option, `give finite numbers${notZero ? " other than 0" : ""}`);
  if (values.length === 0)
    throw badOption(`${option} is empty`, option, "give one number, or one per channel");
}

export function badOption(what: string, where: string, next: string): InputError {
  return new InputError("bad-option", { what, where, next });
}
