// Where the samples lie in an array: the rule of how an array's dims meet the dims of a model's input.
import { sizeOf, type Dim } from "@mpplan/ir";

/** How an array is cut: `count` samples of `dims` each, one after another. */
export interface Layout {
  readonly kind: "fits";
  readonly count: number;
  readonly dims: readonly number[];
  /** The dims that one sample has in the file, where they are not `dims`. */
  readonly reshapedFrom: readonly number[] | null;
}

export interface Misfit {
  readonly kind: "misfit";
  readonly what: string;
  readonly next: string;
}

/**
 * An array of the input's own dims is one sample; a leading axis beyond the model's batch counts samples; an
 * unknown batch is 1. A sample whose element count fits is reshaped.
 *
 * @example
 * sampleLayout([200, 28, 28], ["N", 784]); // 200 samples of [1, 784], reshaped from [28, 28]
 */
export function sampleLayout(dims: readonly number[], shape: readonly Dim[] | null): Layout | Misfit {
  if (dims.includes(0)) return misfit("The array holds no numbers", "give at least one sample");
  if (shape === null) return fits(1, dims);
  const [first, ...rest] = shape;
  const fixed = typeof first === "number";
  const batch = fixed ? first : 1;

  if (matches(dims, shape))
    return fixed || shape.length === 0 ? fits(1, dims) : fits(dims[0]!, [1, ...dims.slice(1)]);
  if (
    matches(dims.slice(1), shape.length === 0 ? [] : [batch, ...rest]) &&
    dims.length === shape.length + 1
  ) {
    return fits(dims[0]!, dims.slice(1));
  }
  if (shape.length > 1 && matches(dims.slice(1), rest)) return batches(dims, batch, dims.slice(1), null);
  return (
    reshaped(dims, batch, rest, shape.length) ??
    misfit("The array does not fit the input", nextStep(dims, shape))
  );
}

/** Samples whose element count fits, though their dims do not; null where the counts differ too. */
function reshaped(
  dims: readonly number[],
  batch: number,
  rest: readonly Dim[],
  rank: number,
): Layout | Misfit | null {
  if (!rest.every((dim) => typeof dim === "number")) return null;
  const known = rest as readonly number[];
  const target = rank === 0 ? [] : [batch, ...known];
  const wanted = sizeOf(known);
  const inner = dims.slice(1);
  // [28, 28, 1] for [1, 28, 28] only lacks an axis, but [28, 28, 3] for [3, 28, 28] would be scrambled.
  if (isPermuted(inner, known) || isPermuted(dims, known)) {
    return misfit(
      `The array has the axes of the input in another order`,
      "transpose it first; for images with channels last: np.transpose(array, (0, 3, 1, 2))",
    );
  }
  if (sizeOf(dims) === batch * wanted) return fits(1, target, dims);
  if (dims.length === 0) return null;
  if (sizeOf(inner) === batch * wanted) return fits(dims[0]!, target, inner);
  if (rank > 1 && sizeOf(inner) === wanted) return batches(dims, batch, known, inner);
  return null;
}

/** A leading axis of single items, in groups of the model's fixed batch. */
function batches(
  dims: readonly number[],
  batch: number,
  rest: readonly number[],
  reshapedFrom: readonly number[] | null,
): Layout | Misfit {
  const remainder = dims[0]! % batch;
  if (remainder === 0) return fits(dims[0]! / batch, [batch, ...rest], reshapedFrom);
  return misfit(
    `The model takes ${batch} items at a time, and ${dims[0]} items leave a rest of ${remainder}`,
    `give a multiple of ${batch} items, or export the model with a batch of 1 or a symbolic batch`,
  );
}

function matches(dims: readonly number[], shape: readonly Dim[]): boolean {
  return dims.length === shape.length && shape.every((dim, i) => typeof dim !== "number" || dim === dims[i]);
}

/** The same sizes, axes of 1 aside, in another order. */
function isPermuted(from: readonly number[], to: readonly number[]): boolean {
  const [a, b] = [from, to].map((dims) => dims.filter((dim) => dim !== 1));
  const sorted = (list: readonly number[]): string => [...list].sort((x, y) => x - y).join();
  return sorted(a!) === sorted(b!) && a!.join() !== b!.join();
}

function nextStep(dims: readonly number[], shape: readonly Dim[]): string {
  const item = shape.slice(1).map((dim) => dim ?? "?");
  const many = `[samples${item.map((dim) => `, ${dim}`).join("")}]`;
  const short = dims.length < shape.length ? "; one sample needs its leading axis of 1 too: array[None]" : "";
  return `give an array of dims ${many}${short}`;
}

function fits(count: number, dims: readonly number[], from: readonly number[] | null = null): Layout {
  return { kind: "fits", count, dims, reshapedFrom: from };
}

function misfit(what: string, next: string): Misfit {
  return { kind: "misfit", what, next };
}
