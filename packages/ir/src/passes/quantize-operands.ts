// Casts the operands of every sum: weights and bias once, activations by a RoundTo before each sum.
// After this pass the graph *is* the quantised network; its exact sums are the reference.
import { compileRound, formatNamed } from "@mpplan/formats";
import { IrError } from "../errors.js";
import type { Graph, Node, ValueId } from "../graph.js";
import { valueOf } from "../graph.js";
import { ops } from "../ops/index.js";
import { printOperands, type Operands } from "../precision.js";
import type { Tensor } from "../types.js";
import { inferTypes, Rewrite } from "./pass.js";

/**
 * Unscaled, saturating, to nearest: what the source paper's code does. Constants that are also read by other
 * nodes are cast for the sums alone. @throws IrError `wrong-operands` for a graph that has been cast before.
 */
export function quantizeOperands(graph: Graph, operands: Operands): Graph {
  if (graph.operands.weights !== null || graph.operands.activations !== null) {
    throw new IrError("wrong-operands", {
      what: `The operands are already cast (${printOperands(graph.operands)})`,
      where: `graph "${graph.name}"`,
      next: "start from the graph as it was imported",
    });
  }
  const weights = operands.weights === null ? null : formatNamed(operands.weights).name;
  const activations = operands.activations === null ? null : formatNamed(operands.activations).name;
  const rewrite = new Rewrite(graph);
  const cast = new Map<ValueId, ValueId>();
  const rounded = new Map<ValueId, ValueId>();

  for (const node of graph.nodes) {
    if (!ops[node.op].sums) continue;
    const before: Node[] = [];
    const inputs = node.inputs.map((id) => {
      if (id === null) return null;
      const { constant, type } = valueOf(graph, id);
      if (constant) {
        if (weights === null) return id;
        if (!cast.has(id)) cast.set(id, rewrite.constant(`${id}.${weights}`, castTensor(constant, weights)));
        return cast.get(id)!;
      }
      if (activations === null) return id;
      let to = rounded.get(id);
      if (to === undefined) {
        to = rewrite.value(`${id}.${activations}`, { type });
        rounded.set(id, to);
        const origin = { ...node.origin, name: `${node.origin.name} (cast of ${id})`, opType: "RoundTo" };
        before.push({
          id: to,
          op: "RoundTo",
          inputs: [id],
          outputs: [to],
          attrs: { format: activations },
          origin,
        });
      }
      return to;
    });
    rewrite.replace(node, [...before, { ...node, inputs }]);
  }
  return { ...inferTypes(rewrite.finish().graph), operands: { weights, activations } };
}

function castTensor(t: Tensor, format: string): Tensor {
  if (t.elem !== "float32" && t.elem !== "float64") return t;
  const round = compileRound(formatNamed(format), { rounding: "nearest-even", overflow: "saturate" });
  const data = (t.data as Float32Array).slice();
  for (let i = 0; i < data.length; i++) data[i] = round(data[i]!);
  return { ...t, data };
}
