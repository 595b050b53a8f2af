// Several samples as one run: stacked along the first axis, and results taken apart again.
import { IrError } from "./errors.js";
import { valueOf, type Graph } from "./graph.js";
import type { Sample } from "./samples.js";
import { blank, isNumeric, sizeOf, tensor, type Tensor } from "./types.js";

/**
 * True where the model leaves its first axis open, on every input and output: it may then be fed any number of
 * samples at once. Whether it treats them one by one is for a trial run to show.
 */
export function hasOpenBatch(graph: Graph): boolean {
  const open = (id: string): boolean => {
    const shape = valueOf(graph, id).type?.shape;
    return (
      !!shape &&
      shape.length > 0 &&
      typeof shape[0] !== "number" &&
      shape.slice(1).every((d) => typeof d === "number")
    );
  };
  return graph.inputs.length > 0 && graph.inputs.every(open) && graph.outputs.every(open);
}

/** The samples as one. @throws IrError `tensor-size` where they do not fit together. */
export function stack(samples: readonly Sample[]): Sample {
  const [first] = samples;
  if (!first || samples.length === 1) return first ?? new Map();
  return new Map([...first.keys()].map((id) => [id, stackTensors(samples.map((sample) => sample.get(id)!))]));
}

/** Part `index` of `count` equal parts of a tensor's first axis: a view, not a copy, of numbers. */
export function slice(t: Tensor, index: number, count: number): Tensor {
  const rows = t.dims[0]! / count;
  const size = t.data.length / count;
  const [from, to] = [index * size, (index + 1) * size];
  const part = isNumeric(t.data) ? t.data.subarray(from, to) : t.data.slice(from, to);
  return tensor(t.elem, [rows, ...t.dims.slice(1)], part);
}

function stackTensors(parts: readonly Tensor[]): Tensor {
  const { elem, dims } = parts[0]!;
  const inner = sizeOf(dims.slice(1));
  const odd = parts.find(
    (t) => t.elem !== elem || t.dims.length !== dims.length || sizeOf(t.dims.slice(1)) !== inner,
  );
  if (odd || dims.length === 0) {
    throw new IrError("tensor-size", {
      what: `Samples of dims [${dims.join(", ")}] and [${odd?.dims.join(", ") ?? ""}] cannot be stacked`,
      where: "a batch of samples",
      next: "run them one by one",
    });
  }
  const rows = parts.reduce((sum, t) => sum + t.dims[0]!, 0);
  const data = blank(elem, rows * inner);
  let at = 0;
  for (const { data: part } of parts) {
    if (isNumeric(data)) (data as Float32Array).set(part as Float32Array, at);
    else data.splice(at, part.length, ...(part as readonly string[]));
    at += part.length;
  }
  return tensor(elem, [rows, ...dims.slice(1)], data);
}
