// Writes products of quantised operands as Conv and MatMul of the integers less their zero points, as floats.
import { constantInput, valueOf, type Graph, type Node, type ValueId } from "../graph.js";
import { sizeOf, staticShape, tensor, toNumbers, type Tensor } from "../types.js";
import { floatsOf, Lowering } from "./lowering.js";
import { Rewrite, soleReader, type PassResult } from "./pass.js";

/** Where an operand and what belongs to it are among the inputs. */
interface Operand {
  readonly at: number;
  readonly zero: number;
  readonly scale?: number;
}

interface Form {
  readonly op: "Conv" | "MatMul";
  readonly left: Operand;
  readonly right: Operand;
  /** Of the result, where it is quantised again. */
  readonly result?: { readonly scale: number; readonly zero: number; readonly bias?: number };
}

const quantised = {
  left: { at: 0, scale: 1, zero: 2 },
  right: { at: 3, scale: 4, zero: 5 },
  result: { scale: 6, zero: 7 },
} as const;
const integers = { left: { at: 0, zero: 2 }, right: { at: 1, zero: 3 } } as const;

const forms = {
  ConvInteger: { op: "Conv", ...integers },
  MatMulInteger: { op: "MatMul", ...integers },
  QLinearConv: { op: "Conv", ...quantised, result: { ...quantised.result, bias: 8 } },
  QLinearMatMul: { op: "MatMul", ...quantised },
} as const satisfies Readonly<Record<string, Form>>;

/** Integers up to here are binary32 numbers. */
const mostExact = 2 ** 24;
/** So many products of integers of 9 bits stay within int32. */
const mostTerms = Math.floor(2 ** 31 / 255 ** 2) - 1;

/**
 * The integers are DequantizeLinear's of scale 1, so that their sums are exact in binary64; what they are worth is
 * told by one factor after the sum, or by whoever reads an int32. A quantised result is QuantizeLinear's; an int32
 * that a Cast alone turns into a float is never made. The sum keeps the node's name.
 */
export function lowerIntegerProducts(graph: Graph): PassResult {
  const rewrite = new Rewrite(graph);
  for (const node of graph.nodes) {
    if (!Object.hasOwn(forms, node.op) || whyNotFloat(graph, node) !== null) continue;
    lower(graph, node, rewrite);
  }
  return rewrite.finish();
}

/** Why a product of integers stays as it is; null where it does not. */
export function whyNotFloat(graph: Graph, node: Node): string | null {
  const { op, left, right, result } = formOf(node);
  for (const { at, zero } of [left, right]) {
    const elem = valueOf(graph, node.inputs[at]!).type?.elem;
    if (!elem || !/^(u?int(2|4|8)|float.*8.*)$/.test(elem))
      return `its operands are ${elem ?? "unknown"}, of more than 8 bits`;
    const shape = shapeAt(graph, node, zero);
    if (node.inputs[zero] != null && !shape) return "the shape of a zero point is not known";
    if (shape && shape.length > 1) return "its zero points are no list";
  }
  if (!valueOf(graph, node.inputs[left.at]!).type?.shape) return "the rank of its input is not known";
  const weights = staticShape(valueOf(graph, node.inputs[right.at]!).type);
  if (!weights) return "the sizes of its weights are not known";
  const terms = op === "Conv" ? sizeOf(weights.slice(1)) : weights.at(weights.length === 1 ? 0 : -2)!;
  if (!result) return terms > mostTerms ? `a sum of ${terms} products may go beyond int32` : null;
  for (const index of [left.scale!, right.scale!, result.scale]) {
    const scale = constantInput(graph, node, index);
    if (!scale) return "its scales are not constant";
    if (scale.dims.length > 1) return "its scales are no list";
  }
  const zero = shapeAt(graph, node, result.zero);
  if (!zero || zero.length > 1 || sizeOf(zero) > 1) return "its result has several zero points";
  if (result.bias !== undefined && node.inputs[result.bias] != null) {
    const bias = constantInput(graph, node, result.bias);
    if (!bias) return "its bias is not constant";
    if (toNumbers(bias).some((x) => Math.abs(x) > mostExact)) return "its bias has integers beyond 2^24";
  }
  return null;
}

function formOf(node: Node): Form {
  return forms[node.op as keyof typeof forms];
}

function shapeAt(graph: Graph, node: Node, index: number): number[] | null {
  const id = node.inputs[index];
  return id == null ? null : staticShape(valueOf(graph, id).type);
}

function lower(graph: Graph, node: Node, rewrite: Rewrite): void {
  const to = new Lowering(rewrite, node);
  const { op, left, right, result } = formOf(node);
  const bias = result?.bias === undefined ? undefined : constantInput(graph, node, result.bias);
  const sum = to.add(
    op,
    [
      real(graph, node, to, left, "left", op === "Conv" ? 1 : -2),
      real(graph, node, to, right, "right", op === "Conv" ? 0 : -1),
      ...(bias
        ? [
            to.constant(
              "bias",
              floatsOf("float32", bias.dims, (i) => Number(bias.data[i])),
            ),
          ]
        : []),
    ],
    "",
    op === "Conv" ? node.attrs : {},
  );
  if (result) {
    const factor = to.constant(
      "factor",
      factorOf(graph, node, valueOf(graph, node.outputs[0]!).type!.shape!.length),
    );
    const scaled = to.add("Mul", [sum, factor], "scaled");
    // The quotient by 1 is not rounded, as QLinearConv's and QLinearMatMul's are not.
    const attrs = { precision: "float64" };
    to.yield(
      to.add(
        "QuantizeLinear",
        [scaled, ones(graph, node, to, result.zero), node.inputs[result.zero]!],
        "y",
        attrs,
      ),
    );
    to.replace();
    return;
  }
  const cast = soleReader(graph, node.outputs[0]!);
  const float = cast?.op === "Cast" && (["float32", "float64"] as unknown[]).includes(cast.attrs["to"]);
  if (float && cast) {
    to.yield(
      cast.attrs["to"] === "float32" ? sum : to.add("Cast", [sum], "float64", { to: "float64" }),
      0,
      cast,
    );
    rewrite.replace(cast, []);
  } else {
    to.yield(to.add("Cast", [to.add("Round", [sum], "rounded")], "int32", { to: "int32" }));
  }
  to.replace();
}

/** An operand less its zero points, one, or one per index of `axis`. */
function real(graph: Graph, node: Node, to: Lowering, operand: Operand, name: string, axis: number): ValueId {
  const [id, zero] = [node.inputs[operand.at]!, node.inputs[operand.zero]];
  const rank = valueOf(graph, id).type!.shape!.length;
  const scale = zero == null ? to.scalar("float32", 1) : ones(graph, node, to, operand.zero);
  // An operand that is a list has one zero point, whatever the axis.
  const along = Math.max(0, axis < 0 ? rank + axis : axis);
  return to.add("DequantizeLinear", [id, scale, ...(zero == null ? [] : [zero])], name, { axis: along });
}

/** Scales of 1 beside zero points. */
function ones(graph: Graph, node: Node, to: Lowering, zero: number): ValueId {
  return to.constant(
    "one",
    floatsOf("float32", shapeAt(graph, node, zero)!, () => 1),
  );
}

/**
 * fround(fround(left x right) / result), which is what the operators multiply by: one number, or one per row, column or
 * channel, in a shape that broadcasts to that of the result.
 */
function factorOf(graph: Graph, node: Node, rank: number): Tensor {
  const { op, left, right, result } = formOf(node);
  const scale = (index: number): Tensor => constantInput(graph, node, index)!;
  const [a, b, y] = [scale(left.scale!), scale(right.scale!), scale(result!.scale)];
  const [rows, columns] = [Math.max(a.data.length, y.data.length), b.data.length];
  const at = (t: Tensor, i: number): number => Number(t.data[t.data.length === 1 ? 0 : i]);
  const data = Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return Math.fround(at(a, row) * at(b, column)) / at(y, row);
  });
  if (op === "Conv")
    return tensor("float32", columns === 1 ? [] : [columns, ...new Array<number>(rank - 2).fill(1)], data);
  return tensor("float32", rows > 1 ? [rows, columns] : columns > 1 ? [columns] : [], data);
}
