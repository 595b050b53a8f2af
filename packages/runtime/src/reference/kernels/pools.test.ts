// Windows and means.
import fc from "fast-check";
import { expect, test } from "vitest";
import { of, counting, floats, ints, listAfter, run } from "./testing.js";

test("MaxPool takes the largest of every window, and tells where it is", () => {
  const x = floats([1, 2, 2, 2], [1, 2, 3, 4, 8, 7, 6, 5]);
  const [y, at] = run("MaxPool", [x], { kernel_shape: [2, 2] }, ["y", "at"]);
  expect([...y!.data]).toEqual([4, 8]);
  expect(at).toEqual(of("int64", [1, 2, 1, 1], [3, 4]));
});

test("padding never wins, NaN does, and the first of equals is named", () => {
  const negative = floats([1, 1, 2], [-5, -7]);
  expect(listAfter("MaxPool", [negative], { kernel_shape: [2], pads: [1, 1] })).toEqual([-5, -5, -7]);
  const some = floats([1, 1, 4], [1, NaN, 3, 3]);
  const [y, at] = run("MaxPool", [some], { kernel_shape: [2] }, ["y", "at"]);
  expect([...y!.data]).toEqual([NaN, NaN, 3]);
  expect([...at!.data]).toEqual([1n, 1n, 2n]);
});

test("MaxPool of bytes stays bytes", () => {
  const [y] = run("MaxPool", [of("uint8", [1, 1, 3], [3, 200, 7])], { kernel_shape: [3] });
  expect(y).toEqual(of("uint8", [1, 1, 1], [200]));
});

test("AveragePool counts padding only when told to", () => {
  const x = floats([1, 1, 2], [2, 4]);
  const attrs = { kernel_shape: [2], pads: [1, 1] };
  expect(listAfter("AveragePool", [x], attrs)).toEqual([2, 3, 4]);
  expect(listAfter("AveragePool", [x], { ...attrs, count_include_pad: 1 })).toEqual([1, 3, 2]);
});

test("what ceil_mode adds behind the padding never counts", () => {
  const x = floats([1, 1, 3], [1, 2, 6]);
  const attrs = { kernel_shape: [2], strides: [2], ceil_mode: 1, count_include_pad: 1 };
  expect(listAfter("AveragePool", [x], attrs)).toEqual([1.5, 6]);
  expect(listAfter("AveragePool", [x], { ...attrs, pads: [0, 1] })).toEqual([1.5, 3]);
});

test("a kernel far larger than its input costs no more than that", () => {
  const attrs = { kernel_shape: [2 ** 31], pads: [2 ** 31 - 1, 2 ** 31 - 1], strides: [2 ** 30] };
  expect(listAfter("MaxPool", [floats([1, 1, 2], [3, 4])], attrs)).toEqual([3, 4, 4]);
});

test("a dilated window between the elements is an error", () => {
  const attrs = { kernel_shape: [2], dilations: [2], pads: [1, 1] };
  expect(() => run("MaxPool", [floats([1, 1, 1], [1])], attrs)).toThrow("covers no element");
  expect(() => run("AveragePool", [floats([1, 1, 1], [1])], attrs)).toThrow("covers no element");
});

test("pools agree with their definition, tap by tap", () => {
  const size = fc.integer({ min: 1, max: 5 });
  const axis = fc.record({
    size,
    k: fc.integer({ min: 1, max: 3 }),
    s: fc.integer({ min: 1, max: 3 }),
    d: fc.integer({ min: 1, max: 2 }),
    begin: fc.integer({ min: 0, max: 2 }),
    end: fc.integer({ min: 0, max: 2 }),
  });
  const axes = fc.array(axis, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(axes, fc.boolean(), (list, includePad) => {
      const extent = (a: (typeof list)[number]): number => (a.k - 1) * a.d + 1;
      fc.pre(
        list.every((a) => a.begin < extent(a) && a.end < extent(a) && a.size + a.begin + a.end >= extent(a)),
      );
      const x = counting(1, 2, ...list.map((a) => a.size));
      const attrs = {
        kernel_shape: list.map((a) => a.k),
        strides: list.map((a) => a.s),
        dilations: list.map((a) => a.d),
        pads: [...list.map((a) => a.begin), ...list.map((a) => a.end)],
      };
      // All index tuples below some sizes, in row-major order.
      const tuples = (sizes: number[]): number[][] =>
        sizes.reduce<number[][]>(
          (sofar, n) => sofar.flatMap((t) => Array.from({ length: n }, (_, i) => [...t, i])),
          [[]],
        );
      const places = list.map((a) => Math.floor((a.size + a.begin + a.end - extent(a)) / a.s) + 1);
      const windows = [0, 1].flatMap((channel) =>
        tuples(places).map((place) =>
          tuples(attrs.kernel_shape).flatMap((tap) => {
            const at = list.map((a, i) => place[i]! * a.s - a.begin + tap[i]! * a.d);
            if (at.some((c, i) => c < 0 || c >= list[i]!.size)) return [];
            return at.reduce((flat, c, i) => flat * list[i]!.size + c, channel);
          }),
        ),
      );
      fc.pre(windows.every((w) => w.length > 0));
      const taps = attrs.kernel_shape.reduce((a, b) => a * b, 1);
      const [max] = run("MaxPool", [x], attrs);
      const [mean] = run("AveragePool", [x], { ...attrs, count_include_pad: includePad ? 1 : 0 });
      expect(max!.dims).toEqual([1, 2, ...places]);
      expect([...max!.data]).toEqual(windows.map((w) => Math.max(...w)));
      expect([...mean!.data]).toEqual(
        windows.map((w) => w.reduce((a, b) => a + b, 0) / (includePad ? taps : w.length)),
      );
    }),
  );
});

test("means over whole axes", () => {
  expect(listAfter("GlobalAveragePool", [counting(1, 2, 2, 2)])).toEqual([1.5, 5.5]);
  const x = counting(2, 3);
  expect(listAfter("ReduceMean", [x])).toEqual([2.5]);
  expect(listAfter("ReduceMean", [x, ints(0)])).toEqual([1.5, 2.5, 3.5]);
  expect(run("ReduceMean", [x, ints(-1)], { keepdims: 0 })[0]).toEqual(floats([2], [1, 4]));
  expect(listAfter("ReduceMean", [counting(2, 2, 2), ints(0, 2)])).toEqual([2.5, 4.5]);
  expect(run("ReduceMean", [x, ints()], { noop_with_empty_axes: 1 })[0]).toEqual(x);
});

test("BatchNormalization per channel", () => {
  const x = counting(2, 2, 2);
  const per = (a: number, b: number) => floats([2], [a, b]);
  const inputs = [x, per(2, 1), per(0, 100), per(1, 3), per(4, 1)];
  expect(listAfter("BatchNormalization", inputs, { epsilon: 0 })).toEqual([-1, 0, 99, 100, 3, 4, 103, 104]);
});

test("Softmax is stable, and works along any axis", () => {
  expect(listAfter("Softmax", [floats([1, 2], [10000, 10000])])).toEqual([0.5, 0.5]);
  expect(listAfter("Softmax", [floats([2, 2], [0, 7, 0, 7])], { axis: 0 })).toEqual([0.5, 0.5, 0.5, 0.5]);
  const e = Math.exp(-1);
  expect(listAfter("Softmax", [floats([2], [1, 2])])).toEqual([e / (e + 1), 1 / (e + 1)]);
  expect(listAfter("Softmax", [floats([2], [-Infinity, 0])])).toEqual([0, 1]);
  expect(listAfter("Softmax", [floats([0, 3], [])])).toEqual([]);
});
