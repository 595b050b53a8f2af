// Walking over the components of a node: in which order, with which operands at hand.
import { isFloat, type Tensor } from "@mpplan/ir";
import type { Products } from "./products.js";

/** A component: its place among the products. */
export interface Place {
  group: number;
  row: number;
  column: number;
}

/** Visits every component, row by row, so that a row of operands is loaded once. */
export function forEachComponent(
  products: Products,
  visit: (at: Place, index: number, neuron: number) => void,
): void {
  const at: Place = { group: 0, row: 0, column: 0 };
  for (at.group = 0; at.group < products.groups; at.group++) {
    for (at.row = 0; at.row < products.rows; at.row++) {
      for (at.column = 0; at.column < products.columns; at.column++) {
        const { group, row, column } = at;
        visit(at, products.index(group, row, column), products.neuron(group, column));
      }
    }
  }
}

/** The exact reference: plain binary64, term after term. */
export function exactSums(products: Products): Float64Array {
  const { length, weights, alpha, beta } = products;
  const values = new Float64Array(products.groups * products.rows * products.columns);
  const loader = new RowLoader(products);
  forEachComponent(products, (at, index) => {
    const h = loader.row(at);
    const from = (at.group * products.columns + at.column) * length;
    let sum = 0;
    for (let k = 0; k < length; k++) sum += weights[from + k]! * h[k]!;
    values[index] = alpha * sum + beta * products.bias(at.group, at.row, at.column);
  });
  return values;
}

/** Keeps the operands of the row in hand. */
export class RowLoader {
  private readonly buffer: Float64Array;
  private group = -1;
  private current = -1;

  constructor(private readonly products: Products) {
    this.buffer = new Float64Array(products.length);
  }

  row({ group, row }: Place): Float64Array {
    if (group !== this.group || row !== this.current) {
      this.products.loadRow(group, row, this.buffer);
      this.group = group;
      this.current = row;
    }
    return this.buffer;
  }
}

/** |W||h| + |b| as products of their own. */
export function magnitudesOf(products: Products): Products {
  return {
    ...products,
    alpha: Math.abs(products.alpha),
    beta: Math.abs(products.beta),
    weights: products.weights.map(Math.abs),
    loadRow(group, row, into) {
      products.loadRow(group, row, into);
      for (let k = 0; k < into.length; k++) into[k] = Math.abs(into[k]!);
    },
    bias: (group, row, column) => Math.abs(products.bias(group, row, column)),
  };
}

/**
 * Emulated sums take binary32 operands, whose products are exact in binary64: values of float64 models are
 * rounded to binary32 first.
 */
export function narrowed(inputs: readonly (Tensor | null)[]): readonly (Tensor | null)[] {
  if (!inputs.some((t) => t?.elem === "float64")) return inputs;
  return inputs.map((t) => {
    if (!t || !isFloat(t.elem)) return t;
    return { ...t, data: Float64Array.from(t.data as Float64Array, Math.fround) };
  });
}
