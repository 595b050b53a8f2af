// The kernels that move elements without changing them.
import fc from "fast-check";
import { expect, test } from "vitest";
import { sizeOf } from "@mpplan/ir";
import { counting, floats, ints, listAfter, of, run } from "./testing.js";

const dims = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

/** The index tuple of a flat position. */
function unravel(position: number, shape: readonly number[]): number[] {
  return shape.map((size, axis) => Math.floor(position / sizeOf(shape.slice(axis + 1))) % size);
}

function ravel(index: readonly number[], shape: readonly number[]): number {
  return index.reduce((flat, i, axis) => flat * shape[axis]! + i, 0);
}

test("Concat joins along any axis", () => {
  expect(listAfter("Concat", [floats([2, 1], [1, 2]), floats([2, 2], [3, 4, 5, 6])], { axis: 1 })).toEqual([
    1, 3, 4, 2, 5, 6,
  ]);
  expect(listAfter("Concat", [ints(1), ints(), ints(2, 3)], { axis: 0 })).toEqual([1n, 2n, 3n]);
});

test("Gather picks slices, from the end where negative", () => {
  const x = counting(3, 2);
  expect(listAfter("Gather", [x, ints(-1, 0)])).toEqual([4, 5, 0, 1]);
  expect(run("Gather", [x, of("int32", [], [1])], { axis: 1 })[0]).toEqual(floats([3], [1, 3, 5]));
  expect(run("Gather", [x, of("int64", [1, 2], [0, 0])], { axis: 1 })[0]!.dims).toEqual([3, 1, 2]);
});

test("Gather refuses an index that is out of range, at run time too", () => {
  expect(() => run("Gather", [counting(3), ints(3)])).toThrow("index 3, but axis 0 has only 3");
});

test("what Concat has joined, Slice and Gather take apart", () => {
  fc.assert(
    fc.property(dims, fc.nat(3), fc.integer({ min: 1, max: 3 }), (shape, at, more) => {
      const axis = at % shape.length;
      const a = counting(...shape);
      const b = counting(...shape.map((size, i) => (i === axis ? more : size)));
      const [joined] = run("Concat", [a, b], { axis });
      const [first, second] = [shape[axis]!, joined!.dims[axis]!];
      expect(run("Slice", [joined!, ints(0), ints(first), ints(axis)])[0]).toEqual(a);
      const rest = Array.from({ length: second - first }, (_, i) => i - more);
      expect(run("Gather", [joined!, ints(...rest)], { axis })[0]).toEqual(b);
    }),
  );
});

test("Slice steps in both directions", () => {
  expect(listAfter("Slice", [counting(6), ints(1), ints(6), ints(0), ints(2)])).toEqual([1, 3, 5]);
  const all = [ints(-1), ints(-(2 ** 63)), ints(0), ints(-2)];
  expect(listAfter("Slice", [counting(6), ...all])).toEqual([5, 3, 1]);
  expect(listAfter("Slice", [counting(2, 3), ints(0, 1), ints(1, 2 ** 31 - 1)])).toEqual([1, 2]);
  expect(run("Slice", [counting(2, 3), ints(2), ints(1)])[0]).toEqual(floats([0, 3], []));
});

test("Slice agrees with Array.slice", () => {
  const bound = fc.integer({ min: -7, max: 7 });
  fc.assert(
    fc.property(fc.nat(5), bound, bound, (size, start, end) => {
      const x = counting(size);
      expect(listAfter("Slice", [x, ints(start), ints(end)])).toEqual([...x.data.slice(start, end)]);
    }),
  );
});

test("Pad adds constants, borders, mirror images and other ends", () => {
  const x = floats([3], [1, 2, 3]);
  const pad = (mode: string, ...pads: number[]) => listAfter("Pad", [x, ints(...pads)], { mode });
  expect(listAfter("Pad", [x, ints(1, 2), floats([], [9])])).toEqual([9, 1, 2, 3, 9, 9]);
  expect(pad("constant", 1, -1)).toEqual([0, 1, 2]);
  expect(pad("edge", 2, 1)).toEqual([1, 1, 1, 2, 3, 3]);
  expect(pad("reflect", 2, 3)).toEqual([3, 2, 1, 2, 3, 2, 1, 2]);
  expect(pad("wrap", 1, 4)).toEqual([3, 1, 2, 3, 1, 2, 3, 1]);
  expect(pad("edge", -2, 1)).toEqual([3, 3]);
  expect(listAfter("Pad", [ints(7), ints(1, 0)])).toEqual([0n, 7n]);
});

test("Pad finds every element where it should be", () => {
  fc.assert(
    fc.property(
      dims,
      fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 8, maxLength: 8 }),
      (shape, list) => {
        const begin = shape.map((_, i) => list[i]!);
        const end = shape.map((_, i) => list[i + 4]!);
        fc.pre(shape.every((size, i) => size + Math.min(0, begin[i]!) + Math.min(0, end[i]!) >= 0));
        const x = counting(...shape);
        const [y] = run("Pad", [x, ints(...begin, ...end), floats([], [-1])]);
        expect(y!.dims).toEqual(shape.map((size, i) => size + begin[i]! + end[i]!));
        (y!.data as Float64Array).forEach((element, position) => {
          const source = unravel(position, y!.dims).map((i, axis) => i - begin[axis]!);
          const inside = source.every((i, axis) => i >= 0 && i < shape[axis]!);
          expect(element).toBe(inside ? ravel(source, shape) : -1);
        });
      },
    ),
  );
});

test("Transpose puts element (i, j, k) at (k, i, j) for perm (2, 0, 1)", () => {
  fc.assert(
    fc.property(dims, fc.nat(), (shape, seed) => {
      const perm = shape.map((_, axis) => axis).sort((a, b) => ((a * 7 + seed) % 5) - ((b * 7 + seed) % 5));
      const [y] = run("Transpose", [counting(...shape)], { perm });
      expect(y!.dims).toEqual(perm.map((axis) => shape[axis]));
      (y!.data as Float64Array).forEach((element, position) => {
        const index = unravel(position, y!.dims);
        expect(element).toBe(
          ravel(
            shape.map((_, axis) => index[perm.indexOf(axis)]!),
            shape,
          ),
        );
      });
    }),
  );
  expect(listAfter("Transpose", [counting(2, 3)])).toEqual([0, 3, 1, 4, 2, 5]);
  expect(run("Transpose", [floats([], [5])])[0]).toEqual(floats([], [5]));
});

test("broadcasting finds every element where it should be", () => {
  fc.assert(
    fc.property(
      dims,
      fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      fc.nat(3),
      (shape, ones, cut) => {
        const small = shape.map((size, axis) => (ones[axis] ? 1 : size)).slice(cut % shape.length);
        const [y] = run("Add", [counting(...small), floats(shape, new Array<number>(sizeOf(shape)).fill(0))]);
        expect(y!.dims).toEqual(shape);
        (y!.data as Float64Array).forEach((element, position) => {
          const index = unravel(position, shape).slice(shape.length - small.length);
          expect(element).toBe(
            ravel(
              index.map((i, axis) => (small[axis] === 1 ? 0 : i)),
              small,
            ),
          );
        });
      },
    ),
  );
});

test("Reshape and its kin keep the elements", () => {
  const x = counting(1, 2, 3);
  const cases = [
    run("Reshape", [x, ints(0, -1)]),
    run("Flatten", [x], { axis: 2 }),
    run("Squeeze", [x]),
    run("Unsqueeze", [x, ints(0)]),
    run("Identity", [x]),
  ];
  expect(cases.map(([y]) => y!.dims)).toEqual([
    [1, 6],
    [2, 3],
    [2, 3],
    [1, 1, 2, 3],
    [1, 2, 3],
  ]);
  for (const [y] of cases) expect(y!.data).toEqual(x.data);
});

test("no kernel hands out the memory of its input", () => {
  const x = counting(1, 2);
  const node = (op: "Identity" | "Pad" | "Slice", more: Parameters<typeof run>[1] = []) =>
    run(op, [x, ...more])[0]!.data;
  expect(node("Identity")).not.toBe(x.data);
  expect(node("Pad", [ints(0, 0, 0, 0)])).not.toBe(x.data);
  expect(node("Slice", [ints(), ints()])).not.toBe(x.data);
});

test("Shape is a list of int64", () => {
  expect(run("Shape", [counting(2, 3, 4)], { start: 1 })[0]).toEqual(ints(3, 4));
});
