// EmbedLayerNormalization: the embeddings of words, positions and segments, added and normalised.
import { float, int, stepsOf } from "../steps.js";
import { attribute, checkedAttributes, expectInputs, type Upgrade } from "../upgrade.js";
import { AttentionParts } from "./attention-parts.js";

/**
 * Inputs: words, segments, three tables, scale, shift, mask, positions. Outputs: the normalised sum; how many words of
 * each sample are masked in; the sum.
 */
export const embedLayerNormalization: Upgrade = (raw, context) => {
  expectInputs(raw, 9);
  checkedAttributes(raw, "epsilon", "mask_index_type");
  const steps = stepsOf(raw, context);
  const parts: AttentionParts = new AttentionParts(raw, context, steps, 2);
  const [words, segments, wordTable, positionTable, segmentTable, scale, shift, mask] = [
    0, 1, 2, 3, 4, 5, 6, 7,
  ].map((index) => parts.input(index));
  const rows = (table: string | null | undefined, at: string | null | undefined): string =>
    steps.add("Gather", [table ?? null, at ?? null], { axis: int(0) });
  const positions = parts.input(8) ?? parts.places(parts.size(words ?? null, 1));
  const [output = "", counts = "", total = ""] = raw.outputs;
  const named = total === "" ? undefined : total;
  const segmented = segments !== null && segmentTable !== null;
  const placed = [rows(wordTable, words), rows(positionTable, positions)];
  const both = steps.add("Add", placed, {}, segmented ? undefined : named);
  const sum = segmented ? steps.add("Add", [both, rows(segmentTable, segments)], {}, named) : both;
  if (counts !== "") {
    // Without a mask nothing is counted.
    const counted = mask ?? steps.add("Mul", [words ?? null, parts.integer32("none", 0)]);
    const one = steps.add("Equal", [counted, parts.integer32("counts", 1)]);
    const each = steps.add("Cast", [one], { to: int(6) });
    steps.add("ReduceSum", [each, parts.integers("sequence", 1)], { keepdims: int(0) }, counts);
  }
  const epsilon = attribute(raw, "epsilon", "float") ?? float(Math.fround(1e-12));
  steps.finish("LayerNormalization", [sum, scale ?? null, shift ?? null], output, { epsilon });
  return steps.nodes;
};
