// Operators about the diagonals of matrices.
import { intAttr, toNumbers, type ElementType } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { copyOf, elementsOf, isBig, outputTypes, zeros } from "./tensors.js";

export const eyeLike: ReferenceKernel = (inputs, node) => {
  const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: ElementType; shape: [number, number] }];
  const result = zeros(elem, shape);
  const data = elementsOf(result.data);
  const one = isBig(result.data) ? (1n as unknown as number) : 1;
  const [rows, columns] = shape;
  const k = intAttr(node, "k");
  for (let i = 0; i < rows; i++) if (i + k >= 0 && i + k < columns) data[i * columns + i + k] = one;
  return [result];
};

export const trilu: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  outputTypes(inputs, node);
  const k = inputs[1] ? toNumbers(inputs[1])[0]! : 0;
  const upper = intAttr(node, "upper") !== 0;
  const [rows, columns] = x.dims.slice(-2) as [number, number];
  const result = copyOf(x);
  const data = elementsOf(result.data);
  const nothing = elementsOf(zeros(x.elem, [1]).data)[0]!;
  for (let i = 0; i < data.length; i++) {
    const [row, column] = [Math.floor(i / columns) % rows, i % columns];
    const kept = upper ? column >= row + k : column <= row + k;
    if (!kept) data[i] = nothing;
  }
  return [result];
};
