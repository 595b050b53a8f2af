import fc from "fast-check";
import { expect, test } from "vitest";
import { resolveWindow, windowOutput } from "./window.js";
import { contextOf, shapeAfter } from "./testing.js";
import type { Attrs, Node } from "../graph.js";

function pool(attrs: Attrs): Node {
  return contextOf("MaxPool", [[1, 1, 1]], attrs).node;
}

test("without attributes the window moves by one and nothing is padded", () => {
  expect(resolveWindow(pool({}), [5, 4], [3, 2])).toEqual({
    kernel: [3, 2],
    strides: [1, 1],
    padsBegin: [0, 0],
    padsEnd: [0, 0],
    dilations: [1, 1],
    output: [3, 3],
  });
});

test("pads come as all begins, then all ends", () => {
  const window = resolveWindow(pool({ pads: [1, 2, 3, 4] }), [5, 5], [1, 1]);
  expect([window.padsBegin, window.padsEnd, window.output]).toEqual([
    [1, 2],
    [3, 4],
    [9, 11],
  ]);
});

test("SAME pads to ceil(size / stride) places, the odd one after (UPPER) or before (LOWER)", () => {
  const upper = resolveWindow(pool({ auto_pad: "SAME_UPPER", strides: [2] }), [6], [3]);
  expect([upper.output, upper.padsBegin, upper.padsEnd]).toEqual([[3], [0], [1]]);
  const lower = resolveWindow(pool({ auto_pad: "SAME_LOWER", strides: [2] }), [6], [3]);
  expect([lower.output, lower.padsBegin, lower.padsEnd]).toEqual([[3], [1], [0]]);
  // A stride beyond the kernel needs no padding, and there is no negative one.
  expect(resolveWindow(pool({ auto_pad: "SAME_UPPER", strides: [4] }), [8], [2]).padsEnd).toEqual([0]);
});

test("VALID ignores pads", () => {
  expect(resolveWindow(pool({ auto_pad: "VALID", pads: [1, 1] }), [6], [3]).output).toEqual([4]);
});

test("ceil_mode adds an incomplete place, but none that starts in the padding after the input", () => {
  const places = (attrs: Attrs): readonly number[] => resolveWindow(pool(attrs), [4], [3]).output;
  expect(places({ strides: [2] })).toEqual([1]);
  expect(places({ strides: [2], ceil_mode: 1 })).toEqual([2]);
  expect(resolveWindow(pool({ strides: [2], ceil_mode: 1 }), [2], [1]).output).toEqual([1]);
  // (2 + 1 - 1) / 3 + 1 rounds up to 2, but place 1 would start at 3: behind the input, in the padding.
  expect(resolveWindow(pool({ strides: [3], pads: [0, 1], ceil_mode: 1 }), [2], [1]).output).toEqual([1]);
});

test("an open size keeps its name where the window leaves it as it is", () => {
  expect(windowOutput(pool({ pads: [1, 1] }), ["W"], [3])).toEqual(["W"]);
  expect(windowOutput(pool({ auto_pad: "SAME_UPPER" }), ["W"], [4])).toEqual(["W"]);
  expect(windowOutput(pool({}), ["W"], [3])).toEqual([null]);
  expect(windowOutput(pool({ pads: [1, 1], strides: [2] }), ["W"], [3])).toEqual([null]);
});

test.each<[string, Attrs, string]>([
  ["a stride of 0", { strides: [0] }, "strides [0] of MaxPool must be 1 integers of at least 1"],
  ["a negative stride", { strides: [-1] }, "strides [-1]"],
  ["too many dilations", { dilations: [1, 1] }, "dilations [1, 1]"],
  ["negative pads", { pads: [-1, 0] }, "pads [-1, 0] of MaxPool must be 2 integers of at least 0"],
  [
    "a window larger than the input",
    { dilations: [4] },
    "covers 9 elements, but the padded input has only 5",
  ],
  ["an unknown auto_pad", { auto_pad: "same" }, 'auto_pad of "same", which does not exist'],
])("%s is refused", (_, attrs, message) => {
  expect(() => resolveWindow(pool(attrs), [5], [3])).toThrow(message);
});

test("a kernel of 0, or of another rank, is refused", () => {
  expect(() => resolveWindow(pool({}), [5], [0])).toThrow("kernel of [0]");
  expect(() => resolveWindow(pool({}), [5, 5], [2])).toThrow("kernel of [2] over 2 spatial axes");
});

test("the places are those at which the window fits, counted one by one", () => {
  const small = fc.integer({ min: 1, max: 4 });
  const pad = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      small,
      small,
      small,
      pad,
      pad,
      (size, k, s, d, begin, end) => {
        const extent = (k - 1) * d + 1;
        fc.pre(size + begin + end >= extent);
        const attrs = { strides: [s], dilations: [d], pads: [begin, end] };
        let floor = 0;
        let ceil = 0;
        for (let start = -begin; start < size + end; start += s) {
          if (start + extent <= size + end) floor++;
          // With ceil_mode, also one that reaches beyond the end, if the one before it did not reach it.
          if (start < size && start + extent - s < size + end) ceil++;
        }
        expect(resolveWindow(pool(attrs), [size], [k]).output).toEqual([floor]);
        const [places] = resolveWindow(pool({ ...attrs, ceil_mode: 1 }), [size], [k]).output;
        expect(places).toBe(Math.max(ceil, floor));
        expect(
          shapeAfter(
            "Conv",
            [
              [1, 1, size],
              [1, 1, k],
            ],
            attrs,
          ),
        ).toEqual([1, 1, floor]);
      },
    ),
  );
});
