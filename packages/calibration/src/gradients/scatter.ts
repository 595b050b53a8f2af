// Writing into a tensor at indices: what was overwritten gets nothing, what was combined gets its share.
import { stringAttr, type Attrs, type Node, type OpName, type ScatterReduction } from "@mpplan/ir";
import { evaluateNode } from "@mpplan/runtime";
import { choices, productsOfOthers, type Lines } from "./lines.js";
import { numbered, pullMoves } from "./moves.js";
import { numbersOf, type GradientRule } from "./rule.js";
import { runKernel } from "./run-kernel.js";

/** The gathering operator with the same indices says where the updates go. */
export const scatterElements = scattered("GatherElements", ({ attrs }) => ({ axis: attrs["axis"]! }));
export const scatterND = scattered("GatherND", () => ({}));

function scattered(gathering: OpName, attrs: (node: Node) => Attrs): GradientRule {
  return (context) => {
    const { node, inputs, wanted } = context;
    const reduction = stringAttr(node, "reduction") as ScatterReduction;
    if (reduction === "none") {
      return pullMoves(context, [0, 2], evaluateNode(node, numbered(context, [0, 2])));
    }
    const [data, updates] = [numbersOf(inputs[0]), numbersOf(inputs[2])];
    const numbers = numbered(context, [0])[0]!;
    const [targets] = runKernel(gathering, [numbers, inputs[1]!], attrs(node)).outputs;
    // The data first, each at its own place, then the updates in their order.
    const written = numbersOf(targets);
    const places = Int32Array.from({ length: data.length + updates.length }, (_, i) =>
      i < data.length ? i : written[i - data.length]! - 1,
    );
    const values = Float64Array.from(places, (_, i) =>
      i < data.length ? data[i]! : updates[i - data.length]!,
    );
    const slopes = slopesOf(reduction, values, { places, count: data.length });
    return ([g], room) => {
      const spread = (from: number, length: number): Float64Array => {
        const result = room(length);
        for (let i = 0; i < length; i++) result[i] = g![places[from + i]!]! * slopes[from + i]!;
        return result;
      };
      return [
        wanted[0] ? spread(0, data.length) : null,
        null,
        wanted[2] ? spread(data.length, updates.length) : null,
      ];
    };
  };
}

/** Of what is combined at every place, the derivatives; of equal extremes the last takes all, as for the kernel. */
function slopesOf(
  reduction: Exclude<ScatterReduction, "none">,
  x: Float64Array,
  lines: Pick<Lines, "places" | "count">,
): Float64Array {
  switch (reduction) {
    case "add":
      return x.map(() => 1);
    case "mul":
      return productsOfOthers(x, lines);
    case "max":
      return choices(x, lines, (value, best) => value >= best);
    case "min":
      return choices(x, lines, (value, best) => value <= best);
    default:
      return reduction satisfies never;
  }
}
