// Operators whose output is as large as the data say.
import { intAttr, normalizeAxis, shapeError, sizeOf, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { stridesOf } from "./positions.js";
import { around, select } from "./select.js";
import { elementsOf, outputTypes } from "./tensors.js";

export const compress: ReferenceKernel = (inputs, node) => {
  outputTypes(inputs, node);
  const { data, axis } = alongAxis(need(inputs, 0, node), node.attrs["axis"] as number | undefined, node);
  const condition = elementsOf(need(inputs, 1, node).data);
  const kept = Array.from(condition.keys()).filter((i) => condition[i]);
  const wrong = kept.find((i) => i >= data.dims[axis]!);
  if (wrong !== undefined) {
    throw shapeError(node, `Compress keeps element ${wrong} of an axis of ${data.dims[axis]!}`);
  }
  return [select(data, axis, kept)];
};

export const nonZero: ReferenceKernel = (inputs, node) => {
  const { data, dims } = need(inputs, 0, node);
  const elements: ArrayLike<number | bigint | string> = data;
  const places: number[] = [];
  for (let i = 0; i < elements.length; i++) if (!isZero(elements[i]!)) places.push(i);
  const strides = stridesOf(dims);
  const coordinates = dims.flatMap((size, axis) =>
    places.map((place) => BigInt(Math.floor(place / strides[axis]!) % size)),
  );
  return [{ elem: "int64", dims: [dims.length, places.length], data: BigInt64Array.from(coordinates) }];
};

export const unique: ReferenceKernel = (inputs, node) => {
  const { data, axis } = alongAxis(need(inputs, 0, node), node.attrs["axis"] as number | undefined, node);
  const count = data.dims[axis]!;
  const compare = sliceOrder(data, axis);
  const sorted = Array.from({ length: count }, (_, i) => i).sort((i, j) => compare(i, j) || i - j);
  // Runs of equal slices: the first of each run is where it occurs first.
  const runs: number[][] = [];
  for (const i of sorted) {
    const run = runs.at(-1);
    if (run && compare(run[0]!, i) === 0) run.push(i);
    else runs.push([i]);
  }
  if (intAttr(node, "sorted") === 0) runs.sort((a, b) => a[0]! - b[0]!);
  const first = runs.map((run) => run[0]!);
  const inverse = new BigInt64Array(count);
  runs.forEach((run, which) => run.forEach((i) => (inverse[i] = BigInt(which))));
  const list = (values: BigInt64Array): Tensor => ({ elem: "int64", dims: [values.length], data: values });
  return [
    select(data, axis, first),
    list(BigInt64Array.from(first, BigInt)),
    list(inverse),
    list(BigInt64Array.from(runs, (run) => BigInt(run.length))),
  ];
};

/** The tensor and an axis of it, or where none is named the flat tensor and its only one. */
function alongAxis(
  t: Tensor,
  axis: number | undefined,
  node: Parameters<ReferenceKernel>[1],
): { data: Tensor; axis: number } {
  if (axis === undefined) return { data: { ...t, dims: [sizeOf(t.dims)] }, axis: 0 };
  return { data: t, axis: normalizeAxis(node, axis, t.dims.length) };
}

/** Compares two slices along an axis element by element, in row-major order. */
function sliceOrder(t: Tensor, axis: number): (i: number, j: number) => number {
  const { outer, inner } = around(t.dims, axis);
  const size = t.dims[axis]!;
  const elements = elementsOf(t.data);
  return (i, j) => {
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < inner; k++) {
        const order = compareElements(
          elements[(o * size + i) * inner + k]!,
          elements[(o * size + j) * inner + k]!,
        );
        if (order !== 0) return order;
      }
    }
    return 0;
  };
}

/** Ascending; NaN after all other numbers, and equal to itself. */
export function compareElements(x: number, y: number): number {
  if (x < y) return -1;
  if (x > y) return 1;
  return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
}

function isZero(x: number | bigint | string): boolean {
  return x === 0 || x === 0n || x === "";
}
