// MatMulNBits: a matrix product with weights of 2, 4 or 8 bits in blocks that share a scale. The weights are constant, so
// they are written out as the floats that they stand for, each rounded to the type of A, and the rest is MatMul.
import { isFloat, numericData, storeRounding, tensor, type Tensor } from "@mpplan/ir";
import { invalid } from "../../attributes.js";
import { stepsOf } from "../steps.js";
import { attribute, checkedAttributes, expectInputs, unsupportedUse, type Upgrade } from "../upgrade.js";
import type { RawNode } from "../../raw-node.js";

/** How the weights are packed: one row of blocks per output column. */
interface Packing {
  readonly bits: number;
  readonly blockSize: number;
  readonly blocks: number;
  readonly rows: number;
  readonly columns: number;
}

export const matMulNBits: Upgrade = (raw, context) => {
  expectInputs(raw, 6);
  checkedAttributes(raw, "K", "N", "accuracy_level", "bits", "block_size");
  if (raw.inputs[4]) {
    throw unsupportedUse(
      raw,
      "MatMulNBits has its rows reordered (g_idx)",
      "quantize the model without reordering",
    );
  }
  const constant = (index: number, what: string): Tensor => {
    const found = context.inputConstant(index);
    if (found) return found;
    throw unsupportedUse(raw, `The ${what} of MatMulNBits are not constant`, "store them in the model");
  };
  const [packed, scales] = [constant(1, "weights"), constant(2, "scales")];
  const zeros = raw.inputs[3] ? constant(3, "zero points") : null;
  const packing = packingOf(raw, packed, scales, zeros);
  const elem = context.inputType(0)?.elem ?? "float32";
  const round = storeRounding(elem) ?? ((x: number) => x);
  const weights = weightsOf(packing, packed, scales, zeros).map(round);
  const data = elem === "float64" ? weights : Float32Array.from(weights);
  const matrix = context.constant("weights", tensor(elem, [packing.rows, packing.columns], data));
  const steps = stepsOf(raw, context);
  const output = raw.outputs[0] ?? "";
  const [a = null, , , , , bias = null] = raw.inputs;
  if (bias === null) steps.finish("MatMul", [a, matrix], output);
  else steps.finish("Add", [steps.add("MatMul", [a, matrix]), bias], output);
  return steps.nodes;
};

/** @throws ImportError `invalid-attribute` where attributes and tensors contradict each other. */
function packingOf(raw: RawNode, packed: Tensor, scales: Tensor, zeros: Tensor | null): Packing {
  const int = (name: string, otherwise: bigint): number =>
    Number(attribute(raw, name, "int")?.value ?? otherwise);
  const [bits, blockSize] = [int("bits", 4n), int("block_size", 0n)];
  const [rows, columns] = [int("K", 0n), int("N", 0n)];
  const blocks = Math.ceil(rows / blockSize);
  const zeroCount =
    zeros && isFloat(zeros.elem) ? columns * blocks : columns * Math.ceil((blocks * bits) / 8);
  const fits =
    [2, 4, 8].includes(bits) &&
    [rows, columns, blockSize].every((size) => Number.isSafeInteger(size) && size >= 1) &&
    (blockSize * bits) % 8 === 0 &&
    packed.elem === "uint8" &&
    isFloat(scales.elem) &&
    (!zeros || isFloat(zeros.elem) || zeros.elem === "uint8") &&
    packed.data.length === (columns * blocks * blockSize * bits) / 8 &&
    scales.data.length === columns * blocks &&
    (!zeros || zeros.data.length === zeroCount);
  if (fits) return { bits, blockSize, blocks, rows, columns };
  throw invalid(
    raw.origin,
    `MatMulNBits has K = ${rows}, N = ${columns}, bits = ${bits}, block_size = ${blockSize}, which do not fit its ` +
      `${packed.data.length} bytes of weights (${packed.elem}), ${scales.data.length} scales and ${zeros?.data.length ?? "no"} zero points`,
  );
}

/** scale (code - zero point), as a matrix of K rows and N columns. Without zero points they lie in the middle. */
function weightsOf(
  { bits, blockSize, blocks, rows, columns }: Packing,
  packed: Tensor,
  scales: Tensor,
  zeros: Tensor | null,
): Float64Array {
  const weights = new Float64Array(rows * columns);
  const codes = numericData(packed) as Uint8Array;
  const scale = numericData(scales) as Float32Array;
  const zeroBytes = Math.ceil((blocks * bits) / 8);
  const zeroAt = (column: number, block: number): number => {
    if (!zeros) return 2 ** (bits - 1);
    const data = numericData(zeros) as Uint8Array;
    if (isFloat(zeros.elem)) return data[column * blocks + block]!;
    return codeAt(data, column * zeroBytes, block, bits);
  };
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) {
      const block = Math.floor(row / blockSize);
      const code = codeAt(codes, (column * blocks * blockSize * bits) / 8, row, bits);
      weights[row * columns + column] = scale[column * blocks + block]! * (code - zeroAt(column, block));
    }
  }
  return weights;
}

/** The code at that place of a list that starts at a byte; the first of a byte are its lowest bits. */
function codeAt(bytes: Uint8Array, first: number, index: number, bits: number): number {
  const at = index * bits;
  return (bytes[first + (at >> 3)]! >> (at & 7)) & (2 ** bits - 1);
}
