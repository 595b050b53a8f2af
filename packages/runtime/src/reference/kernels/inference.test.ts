// What operators foresee of shapes, against what their kernels yield: whatever is foreseen comes true.
import fc from "fast-check";
import { expect, test } from "vitest";
import { ops, type Attrs, type Dim, type Tensor, type TensorType, type Value } from "@mpplan/ir";
import { counting, ints, nodeOf, runNode, type KernelName } from "./testing.js";

interface Case {
  op: KernelName;
  inputs: (Tensor | null)[];
  attrs?: Attrs;
}

const dims = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
const axisOf = (shape: readonly number[], seed: number): number => (seed % (2 * shape.length)) - shape.length;

const cases: fc.Arbitrary<Case> = fc
  .tuple(dims, fc.nat(100), fc.nat(100), fc.integer({ min: 1, max: 3 }))
  .chain(([shape, seed, other, small]) => {
    const x = counting(...shape);
    const axis = axisOf(shape, seed);
    const image = counting(1, 2, ...shape.slice(0, 2).map((size) => size + small));
    const kernel_shape = image.dims.slice(2).map(() => small);
    const window = { kernel_shape, strides: kernel_shape.map(() => 1 + (seed % 3)), ceil_mode: other % 2 };
    const auto_pad = ["NOTSET", "SAME_LOWER", "SAME_UPPER", "VALID"][other % 4]!;
    const stretched = shape.map((size, i) => ((seed >> i) & 1 ? 1 : size));
    return fc.constantFrom<Case>(
      { op: "Add", inputs: [x, counting(...stretched.slice(other % shape.length))] },
      { op: "AveragePool", inputs: [image], attrs: { ...window, auto_pad } },
      { op: "Concat", inputs: [x, x], attrs: { axis } },
      { op: "Flatten", inputs: [x], attrs: { axis } },
      { op: "Gather", inputs: [x, counting32(small)], attrs: { axis } },
      { op: "GlobalAveragePool", inputs: [image] },
      { op: "MaxPool", inputs: [image], attrs: { ...window, auto_pad } },
      { op: "Pad", inputs: [x, ints(seed % 4, other % 3), null, ints(axis)] },
      { op: "ReduceMean", inputs: [x, ints(axis)], attrs: { keepdims: other % 2 } },
      { op: "Reshape", inputs: [x, ints(...shape.slice(0, other % shape.length).map(() => 0), -1)] },
      { op: "Shape", inputs: [x], attrs: { start: axis } },
      { op: "Slice", inputs: [x, ints((seed % 9) - 4), ints((other % 9) - 4), ints(axis), ints(small)] },
      { op: "Softmax", inputs: [x], attrs: { axis } },
      { op: "Transpose", inputs: [x] },
      { op: "Unsqueeze", inputs: [x, ints(axis)] },
    );
  });

function counting32(length: number): Tensor {
  return { elem: "int32", dims: [length], data: new Int32Array(length) };
}

test("what is foreseen of open shapes comes true", () => {
  const hidden = fc.array(fc.constantFrom("known", "name", "open"), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(cases, hidden, fc.nat(9), ({ op, inputs, attrs }, hide, rank) => {
      const node = nodeOf(op, inputs, attrs);
      const actual = runNode(node, inputs);

      // The first input's dimensions are hidden in part; a name stands for one size throughout.
      const values = inputs.map((t, i): Value | null => {
        if (!t) return null;
        if (t.elem === "int64") return { id: "c", type: { elem: t.elem, shape: t.dims }, constant: t };
        const shape = t.dims.map<Dim>((size, axis) => {
          const how = hide[(axis + i) % hide.length];
          return how === "known" ? size : how === "name" ? `size${size}` : null;
        });
        return { id: "x", type: { elem: t.elem, shape: rank === 0 ? null : shape } };
      });
      const foreseen = ops[op].infer({ node, inputs: values }) as TensorType[];

      expect(foreseen).toHaveLength(actual.length);
      foreseen.forEach(({ elem, shape }, i) => {
        expect(elem).toBe(actual[i]!.elem);
        if (!shape) return;
        expect(shape).toHaveLength(actual[i]!.dims.length);
        shape.forEach((dim, axis) => {
          const size = typeof dim === "string" ? Number(dim.slice("size".length)) : dim;
          if (size !== null) expect(size, `${op} axis ${axis}`).toBe(actual[i]!.dims[axis]);
        });
      });
    }),
    { numRuns: 1000 },
  );
});
