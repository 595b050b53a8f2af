// Einstein's summation: an equation says which axes of the operands go together and which the output keeps; along all
// others products are summed. Sums: one per output element, of products (of values for one operand), as long as the
// summed labels' sizes multiplied.
import { sharedElement } from "./checks.js";
import { defineOp, inputType, shapeError, stringAttr, type InferContext } from "./define.js";
import { broadcastShapes, mergeDims, printShape } from "./dims.js";
import { checkedType } from "./limits.js";
import type { Node } from "../graph.js";
import type { Dim } from "../types.js";

export const einsum = defineOp({
  name: "Einsum",
  arity: [1, Infinity],
  attributes: { equation: { type: "string", required: true } },
  infer(context) {
    const elem = sharedElement(context, "numeric");
    const labels = einsumLabels(context);
    if (!labels) return [{ elem, shape: null }];
    return [
      checkedType(
        context.node,
        elem,
        labels.output.map((label) => labels.sizes.get(label) ?? null),
      ),
    ];
  },
});

/** An axis of an operand or of the output is called by a letter, or by `.1`, `.2`, ... from the last of the ellipsis on. */
export interface EinsumLabels {
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
  /** By label; 1 stretches as in broadcasting. */
  readonly sizes: ReadonlyMap<string, Dim>;
}

/** The labels of every axis; null where an ellipsis stands for an unknown number of them. */
export function einsumLabels(context: InferContext): EinsumLabels | null {
  const { node, inputs } = context;
  const { terms, result } = parsed(node);
  if (terms.length !== inputs.length) {
    throw shapeError(
      node,
      `the equation of Einsum is of ${terms.length} operands, but ${inputs.length} are given`,
    );
  }
  const shapes = inputs.map((_, i) => inputType(context, i).shape);
  if (terms.some((term, i) => term.includes(".") && !shapes[i])) return null;
  const operands = terms.map((term, i) => {
    const letters = term.replace("...", "").length;
    const rank = shapes[i]?.length ?? letters;
    if (term.includes(".") ? rank < letters : rank !== letters) {
      throw shapeError(
        node,
        `the term "${term}" of Einsum does not fit an operand of shape ${printShape(shapes[i]!)}`,
      );
    }
    return labelsOf(term, rank - letters);
  });
  const depth = Math.max(0, ...operands.flat().map((label) => Number(label.slice(1))));
  const output = labelsOf(result ?? implicitResult(terms), depth);
  if (result !== null && !result.includes(".") && depth > 0) {
    throw shapeError(
      node,
      `the equation of Einsum has axes in an ellipsis that its result "${result}" lacks`,
    );
  }
  const sizes = new Map<string, Dim>();
  operands.forEach((labels, i) => {
    for (const [label, size] of sizesOf(node, labels, shapes[i]!)) {
      const known = sizes.has(label) ? broadcastShapes(node, [sizes.get(label)!], [size])![0]! : size;
      sizes.set(label, known);
    }
  });
  const stray = output.find((label, i) => output.indexOf(label) < i || !operands.flat().includes(label));
  if (stray !== undefined) {
    throw shapeError(
      node,
      `the result of Einsum names the axis "${stray}" twice, or none of its operands does`,
    );
  }
  return { operands, output, sizes };
}

function parsed(node: Node): { terms: string[]; result: string | null } {
  const equation = stringAttr(node, "equation").replaceAll(" ", "");
  const [left, result, ...more] = equation.split("->") as [string, string | undefined, ...string[]];
  const terms = left.split(",");
  const wrong = [...terms, result ?? ""].find((term) => !/^[A-Za-z]*(\.\.\.[A-Za-z]*)?$/.test(term));
  if (wrong !== undefined || more.length > 0) {
    throw shapeError(
      node,
      `the equation of Einsum, "${equation.slice(0, 80)}", is none`,
      'write letters and at most one "..." per term, as in "...ij,...jk->...ik"',
    );
  }
  return { terms, result: result ?? null };
}

function labelsOf(term: string, depth: number): string[] {
  const [before, after] = term.split("...") as [string, string | undefined];
  if (after === undefined) return [...before];
  return [...before, ...Array.from({ length: depth }, (_, i) => `.${depth - i}`), ...after];
}

/** Without "->": the ellipsis, then every letter that occurs once, sorted. */
function implicitResult(terms: readonly string[]): string {
  const letters = [...terms.join("").replaceAll(".", "")];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return (terms.some((term) => term.includes(".")) ? "..." : "") + once.sort().join("");
}

/** The sizes of one operand's labels; a label that is there twice is a diagonal. */
function sizesOf(node: Node, labels: readonly string[], shape: readonly Dim[] | null): Map<string, Dim> {
  const sizes = new Map<string, Dim>();
  labels.forEach((label, axis) => {
    const size = shape?.[axis] ?? null;
    const what = `Einsum takes the diagonal "${label}${label}" of axes that differ`;
    sizes.set(label, sizes.has(label) ? mergeDims(node, sizes.get(label)!, size, what) : size);
  });
  return sizes;
}
