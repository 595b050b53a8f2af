import { intAttr, intsAttr, ngramsOf, stringAttr } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { outputDims, zeros } from "./tensors.js";

export const tfIdfVectorizer: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const result = zeros("float32", outputDims(inputs, node));
  const counts = result.data as Float64Array;
  const grams = ngramsOf(node);
  const pool = new Map(grams.map((gram, i) => [keyOf(gram), i]));
  const columns = intsAttr(node, "ngram_indexes");
  const [length, width] = [x.dims.at(-1)!, result.dims.at(-1)!];
  const [shortest, longest] = [intAttr(node, "min_gram_length"), intAttr(node, "max_gram_length")];
  const weights = node.attrs["weights"] as readonly number[] | undefined;
  const weightOf = new Map(grams.map((_, i) => [columns[i]!, weights?.[i] ?? 1]));

  for (let row = 0; row < x.data.length / Math.max(1, length); row++) {
    const item = (i: number): string => String(x.data[row * length + i]);
    for (let step = 1; step <= intAttr(node, "max_skip_count") + 1; step++) {
      for (let size = shortest; size <= longest; size++) {
        // One element has no neighbour to skip: it counts once.
        if (size === 1 && step > 1) continue;
        for (let start = 0; start + (size - 1) * step < length; start++) {
          const found = pool.get(keyOf(Array.from({ length: size }, (_, k) => item(start + k * step))));
          if (found !== undefined) counts[row * width + columns[found]!]!++;
        }
      }
    }
  }
  const mode = stringAttr(node, "mode");
  if (mode === "TF") return [result];
  counts.forEach((count, i) => {
    const weight = weightOf.get(i % width) ?? 1;
    counts[i] = mode === "IDF" ? (count > 0 ? weight : 0) : weight * count;
  });
  return [result];
};

function keyOf(gram: readonly (string | number)[]): string {
  return JSON.stringify(gram.map(String));
}
