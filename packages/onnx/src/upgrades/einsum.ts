// Einsum: of two float operands it is a matrix product, axes brought into order before and after, wherever every summed
// axis is one of both. So its sums are planned as those of MatMul. Whatever else it means it stays.
import { einsumLabels, isFloat, type Dim } from "@mpplan/ir";
import { inferContext } from "./known-types.js";
import { ints, stepsOf } from "./steps.js";
import { attribute, checkedAttributes, int64s, type Upgrade } from "./upgrade.js";

export const einsum: Upgrade = (raw, context) => {
  const equation = attribute(raw, "equation", "string")?.value;
  const types = raw.inputs.map((_, i) => context.inputType(i));
  if (
    equation === undefined ||
    raw.inputs.length !== 2 ||
    !types.every((type) => type && isFloat(type.elem))
  ) {
    return [raw];
  }
  checkedAttributes(raw, "equation");
  const labels = einsumLabels(inferContext(raw, context, { equation }));
  const [left, right] = labels?.operands ?? [];
  if (!labels || !left || !right) return [raw];
  const { output, sizes } = labels;
  const shapes = types.map((type) => type!.shape);
  const batch = output.filter((label) => left.includes(label) && right.includes(label));
  const rows = left.filter((label) => !right.includes(label));
  const columns = right.filter((label) => !left.includes(label));
  const summed = left.filter((label) => right.includes(label) && !output.includes(label));
  const same = (label: string): boolean => {
    const [a, b] = [shapes[0]?.[left.indexOf(label)], shapes[1]?.[right.indexOf(label)]];
    return typeof a !== "number" || typeof b !== "number" || a === b;
  };
  const plain =
    new Set(left).size === left.length &&
    new Set(right).size === right.length &&
    [...rows, ...columns].every((label) => output.includes(label)) &&
    summed.length > 0 &&
    summed.every(same) &&
    ![...sizes.values()].includes(0);
  // Batch axes are copied; of the rest a shape may leave one size open.
  const target = (...groups: readonly (readonly string[])[]): bigint[] | null => {
    const products = groups.map((group) => productOf(group.map((label) => sizes.get(label) ?? null)));
    if (products.filter((size) => size === null).length > 1) return null;
    return [...batch.map(() => 0n), ...products.map((size) => (size === null ? -1n : BigInt(size)))];
  };
  const alone = (...groups: readonly (readonly string[])[]): boolean =>
    groups.every(({ length }) => length === 1);
  // Rows may stay as they are before one matrix: MatMul takes them as a batch.
  const free = batch.length === 0 && rows.length > 1 && alone(summed, columns);
  const [a, b, c] = [
    target(rows, summed),
    target(summed, columns),
    target(...[...rows, ...columns].map((label) => [label])),
  ];
  if (!plain || (!a && !free && !alone(rows, summed)) || (!b && !alone(summed, columns))) return [raw];
  if (!c && !free && !alone(rows, columns)) return [raw];

  const steps = stepsOf(raw, context);
  const ordered = (id: string | null, from: readonly string[], to: readonly string[]): string | null =>
    String(from) === String(to)
      ? id
      : steps.add("Transpose", [id], { perm: ints(...to.map((label) => from.indexOf(label))) });
  const shaped = (
    id: string | null,
    name: string,
    shape: bigint[] | null,
    needless: boolean,
  ): string | null => (needless ? id : steps.add("Reshape", [id, context.constant(name, int64s(shape!))]));
  const first = ordered(raw.inputs[0]!, left, [...batch, ...rows, ...summed]);
  const second = ordered(raw.inputs[1]!, right, [...batch, ...summed, ...columns]);
  const product = steps.add("MatMul", [
    shaped(first, "left", a, free || alone(rows, summed)),
    shaped(second, "right", b, alone(summed, columns)),
  ]);
  const axes = [...batch, ...rows, ...columns];
  const spread = shaped(product, "result", c, free || alone(rows, columns));
  const perm = output.map((label) => axes.indexOf(label));
  steps.finish("Transpose", [spread], raw.outputs[0] ?? "", { perm: ints(...perm) });
  return withoutIdleTranspose(steps.nodes, perm);
};

/** Null where a size is not known. */
function productOf(dims: readonly Dim[]): number | null {
  return dims.reduce<number | null>(
    (product, dim) => (product !== null && typeof dim === "number" ? product * dim : null),
    1,
  );
}

/** Without a last transposition that leaves all axes where they are. */
function withoutIdleTranspose(nodes: ReturnType<Upgrade>, perm: readonly number[]): ReturnType<Upgrade> {
  const [before, last] = nodes.slice(-2);
  if (!before || !last || !perm.every((axis, i) => axis === i)) return nodes;
  return [...nodes.slice(0, -2), { ...before, id: last.id, outputs: last.outputs }];
}
