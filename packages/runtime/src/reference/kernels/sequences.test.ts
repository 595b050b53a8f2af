// Sequences and optionals: positions, what may go together, and that nothing is shared.
import { expect, test } from "vitest";
import { isTensor, type Attrs, type RuntimeValue, type SequenceValue, type Tensor } from "@mpplan/ir";
import type { ValueKernel } from "../kernel.js";
import { kernels } from "./index.js";
import { floats, ints, nodeOf, of, type KernelName } from "./testing.js";

function run(op: KernelName, inputs: readonly (RuntimeValue | null)[], attrs: Attrs = {}): RuntimeValue {
  const node = nodeOf(op, inputs as Tensor[], attrs);
  const context = { run: () => Promise.reject(new Error("no body")), round: () => undefined };
  const [result] = (kernels[op] as ValueKernel).run(inputs, node, context) as RuntimeValue[];
  return result!;
}

const words = (...list: string[]): SequenceValue => ({
  kind: "sequence",
  of: { elem: "string", shape: null },
  items: list.map((word) => of("string", [1], [word])),
});
const at = (i: number): Tensor => of("int64", [], [i]);
const texts = (value: RuntimeValue): unknown[] =>
  (value as SequenceValue).items.map((item) => (isTensor(item) ? item.data[0] : item));

test("positions count from the end where they are negative", () => {
  expect(run("SequenceAt", [words("a", "b"), at(-1)])).toMatchObject({ data: ["b"] });
  expect(texts(run("SequenceErase", [words("a", "b", "c"), at(-3)]))).toEqual(["b", "c"]);
  expect(texts(run("SequenceErase", [words("a", "b")]))).toEqual(["a"]);
  expect(texts(run("SequenceInsert", [words("a", "b"), of("string", [1], ["x"]), at(-1)]))).toEqual([
    "a",
    "x",
    "b",
  ]);
  expect(texts(run("SequenceInsert", [words("a"), of("string", [1], ["x"]), at(1)]))).toEqual(["a", "x"]);
});

test("a position out of range is refused", () => {
  expect(() => run("SequenceAt", [words("a"), at(1)])).toThrow(
    "SequenceAt is given the position 1 in a sequence of 1 items",
  );
  expect(() => run("SequenceErase", [words()])).toThrow("the position -1 in a sequence of 0 items");
  expect(() => run("SequenceInsert", [words("a"), of("string", [1], ["x"]), at(3)])).toThrow(
    "the position 3",
  );
});

test("the items of a sequence are of one type", () => {
  expect(() => run("SequenceInsert", [words("a"), floats([1], [1])])).toThrow(
    "SequenceInsert puts together string[...] and float32[1]",
  );
  expect(() => run("SequenceConstruct", [ints(1), floats([1], [1])])).toThrow("of one type");
  expect(() => run("SequenceLength", [floats([1], [1])])).toThrow("needs a sequence");
});

test("items are copies", () => {
  const x = floats([1], [1]);
  const sequence = run("SequenceConstruct", [x]) as SequenceValue;
  const item = run("SequenceAt", [sequence, at(0)]) as Tensor;
  (item.data as Float64Array)[0] = 5;
  expect([x.data[0], (sequence.items[0] as Tensor).data[0]]).toEqual([1, 1]);
});

test("ConcatFromSequence joins along an axis, or along a new one", () => {
  const two = run("SequenceConstruct", [floats([1, 2], [1, 2]), floats([1, 2], [3, 4])]);
  expect(run("ConcatFromSequence", [two], { axis: -1 })).toMatchObject({ dims: [1, 4] });
  expect(run("ConcatFromSequence", [two], { axis: -1, new_axis: 1 })).toEqual(
    floats([1, 2, 2], [1, 3, 2, 4]),
  );
  const odd = run("SequenceConstruct", [floats([1], [1]), floats([1, 1], [3])]);
  expect(() => run("ConcatFromSequence", [odd], { axis: 0 })).toThrow(
    "cannot join items of dims [1] and [1, 1]",
  );
  expect(() => run("ConcatFromSequence", [words()], { axis: 0 })).toThrow("a sequence without items");
});

test("SplitToSequence cuts parts of one size, the rest last, or drops the axis", () => {
  const x = floats([5], [0, 1, 2, 3, 4]);
  const sizes = (value: RuntimeValue): unknown[] =>
    (value as SequenceValue).items.map((t) => (t as Tensor).dims);
  expect(sizes(run("SplitToSequence", [x, at(2)]))).toEqual([[2], [2], [1]]);
  expect(sizes(run("SplitToSequence", [x], { keepdims: 0 }))).toEqual([[], [], [], [], []]);
  expect(() => run("SplitToSequence", [x, at(0)])).toThrow("cuts parts of size 0");
});

test("an optional may be absent", () => {
  const absent = run("Optional", [], { type: { elem: "float32", shape: null } });
  expect(absent).toMatchObject({ kind: "absent" });
  expect(run("OptionalHasElement", [absent])).toMatchObject({ elem: "bool", data: Uint8Array.of(0) });
  expect(run("OptionalHasElement", [words()])).toMatchObject({ data: Uint8Array.of(1) });
  expect(() => run("OptionalGetElement", [absent])).toThrow("asks for a value that is absent");
});
