// Puts the outputs of many runs into one array each, along the batch axis.
import { allocate } from "@mpplan/ir";
import { Tensor } from "../tensor.js";

/** Outputs of equal dims are joined along their first axis, scalars along a new one. */
export function stackOutputs(
  names: readonly string[],
  runs: readonly Record<string, Tensor>[],
): Map<string, Tensor> {
  return new Map(
    names.map((name) => {
      const parts = runs.map((run) => run[name]!);
      const first = parts[0]!;
      const same = parts.every(
        (t) =>
          t.dims.length === first.dims.length && t.dims.slice(1).every((d, i) => d === first.dims[i + 1]),
      );
      if (!same) {
        // Rows of different shapes cannot be one array: give the values in a row, which the dims then tell.
        return [name, join(parts, [parts.reduce((sum, t) => sum + t.size, 0)])];
      }
      const dims =
        first.dims.length === 0
          ? [parts.length]
          : [parts.reduce((sum, t) => sum + t.dims[0]!, 0), ...first.dims.slice(1)];
      return [name, join(parts, dims)];
    }),
  );
}

function join(parts: readonly Tensor[], dims: readonly number[]): Tensor {
  const wide = parts[0]!.data instanceof Float64Array;
  const elem = wide ? "float64" : parts[0]!.type;
  const data = allocate(
    elem,
    parts.reduce((sum, t) => sum + t.size, 0),
  );
  let at = 0;
  for (const { data: part } of parts) {
    (data as Float64Array).set(part as Float64Array, at);
    at += part.length;
  }
  return new Tensor(elem, data, dims);
}
