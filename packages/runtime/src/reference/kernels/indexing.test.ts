// What ONNX's own cases leave open of the operators that pick, place and cut: odd sizes, wrong indices, other types.
import { expect, test } from "vitest";
import { counting, floats, ints, listAfter, of, run } from "./testing.js";

const words = of("string", [2, 2], ["a", "b", "c", "d"]);

test("strings and bigints are moved like numbers", () => {
  const indices = of("int64", [2, 2], [-1, 0, 1, 1]);
  expect(listAfter("GatherElements", [words, indices], { axis: 1 })).toEqual(["b", "a", "d", "d"]);
  expect(listAfter("GatherND", [words, of("int32", [1, 2], [1, -2])])).toEqual(["c"]);
  expect(
    listAfter("ScatterElements", [words, of("int64", [1, 1], [-1]), of("string", [1, 1], ["x"])]),
  ).toEqual(["a", "b", "x", "d"]);
  expect(listAfter("Trilu", [words])).toEqual(["a", "b", "", "d"]);
  expect(listAfter("Compress", [words, of("bool", [3], [0, 1, 1])])).toEqual(["b", "c"]);
  expect(listAfter("CumSum", [of("int64", [2], [2n ** 62n, -1n]), of("int64", [], [-1])])).toEqual([
    2n ** 62n,
    2n ** 62n - 1n,
  ]);
  expect(listAfter("EyeLike", [of("int64", [2, 2], [5, 5, 5, 5])], { k: -1 })).toEqual([0n, 0n, 1n, 0n]);
});

test("an index out of range is refused, and so is one beyond 2^53", () => {
  const far = of("int64", [1, 1], [2n ** 53n + 1n]);
  expect(() => run("GatherElements", [counting(2, 2), of("int64", [1, 1], [2])])).toThrow(
    "GatherElements has the index 2, but the axis has only 2 elements",
  );
  expect(() => run("GatherElements", [counting(2, 2), far])).toThrow("does not fit a JavaScript number");
  expect(() => run("ScatterND", [counting(2), of("int64", [1, 1], [-3]), floats([1], [1])])).toThrow(
    "ScatterND has the index -3",
  );
  expect(() => run("Compress", [counting(2), of("bool", [3], [0, 0, 1])], { axis: 0 })).toThrow(
    "Compress keeps element 2 of an axis of 2",
  );
  expect(() => run("TensorScatter", [counting(1, 3, 1), counting(1, 2, 1), ints(2)], { axis: -2 })).toThrow(
    "TensorScatter writes 2 elements from 2 on into an axis of 3",
  );
});

test("inputs that do not go together are refused before anything is computed", () => {
  const updates = floats([1, 1], [1]);
  expect(() => run("ScatterElements", [counting(2), of("int64", [1], [0]), updates])).toThrow(
    "the updates of ScatterElements are [1, 1], not [1]",
  );
  expect(() =>
    run("ScatterElements", [words, of("int64", [1, 1], [0]), of("string", [1, 1], ["x"])], {
      reduction: "add",
    }),
  ).toThrow("has to be numbers");
  expect(() => run("Split", [counting(5), ints(2, 2)])).toThrow("make up 4, but the axis has size 5");
  expect(() => run("TopK", [counting(2), ints(3)])).toThrow("TopK takes 3 of the 2 elements of axis 0");
  expect(() => run("SpaceToDepth", [counting(1, 1, 3, 2)], { blocksize: 2 })).toThrow(
    "cuts a dimension of 3",
  );
  expect(() => run("ReverseSequence", [counting(2, 1), ints(3)])).toThrow("reverses 3 of 2 elements");
  expect(() => run("BitCast", [counting(2)], { to: "int64" })).toThrow("not the same number of bits");
});

test("reductions of ScatterElements meet one place several times", () => {
  const at = of("int64", [3], [0, 0, 1]);
  const scatter = (reduction: string) =>
    listAfter("ScatterElements", [floats([2], [1, NaN]), at, floats([3], [2, 5, 4])], { reduction });
  expect(scatter("none")).toEqual([5, 4]);
  expect(scatter("add")).toEqual([8, NaN]);
  expect(scatter("max")).toEqual([5, NaN]);
});

test("empty tensors stay empty", () => {
  const nothing = floats([0, 2], []);
  expect(run("NonZero", [nothing])[0]).toMatchObject({ dims: [2, 0] });
  expect(run("NonZero", [floats([], [3])])[0]).toMatchObject({ dims: [0, 1] });
  expect(run("Unique", [nothing]).map((t) => t.dims)).toEqual([[0], [0], [0], [0]]);
  expect(run("TopK", [counting(2, 3), ints(0)])[0]).toMatchObject({ dims: [2, 0] });
  expect(run("Split", [counting(3)], { num_outputs: 2 }, ["a", "b"]).map((t) => t.dims)).toEqual([[2], [1]]);
  expect(run("CumSum", [nothing, of("int64", [], [0])])[0]).toMatchObject({ dims: [0, 2] });
});

test("TopK and Unique have an order for ties and NaN", () => {
  const x = floats([4], [NaN, 1, 2, 1]);
  expect(run("TopK", [x, ints(3)]).map((t) => [...t.data])).toEqual([
    [NaN, 2, 1],
    [0n, 2n, 1n],
  ]);
  expect(run("Unique", [floats([4], [NaN, 1, NaN, 0])]).map((t) => [...t.data])).toEqual([
    [0, 1, NaN],
    [3n, 1n, 0n],
    [2n, 1n, 2n, 0n],
    [1n, 1n, 2n],
  ]);
  expect(listAfter("Unique", [of("string", [3], ["b", "a", "b"])], { sorted: 0 })).toEqual(["b", "a"]);
});

test("DepthToSpace undoes SpaceToDepth, and orders channels as its mode says", () => {
  const x = counting(1, 2, 2, 4);
  const [deep] = run("SpaceToDepth", [x], { blocksize: 2 });
  expect(run("DepthToSpace", [deep!], { blocksize: 2 })).toEqual([x]);
  expect(listAfter("DepthToSpace", [counting(1, 8, 1, 1)], { blocksize: 2, mode: "CRD" })).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7,
  ]);
  expect(listAfter("DepthToSpace", [counting(1, 8, 1, 1)], { blocksize: 2 })).toEqual([
    0, 2, 4, 6, 1, 3, 5, 7,
  ]);
});

test("BitCast keeps the bits of narrow types, bool included", () => {
  expect(listAfter("BitCast", [of("float16", [2], [1, -0])], { to: "uint16" })).toEqual([0x3c00, 0x8000]);
  expect(listAfter("BitCast", [of("int8", [2], [-1, 0])], { to: "bool" })).toEqual([1, 0]);
  expect(listAfter("BitCast", [of("uint4", [1], [15])], { to: "int4" })).toEqual([-1]);
});

test("int32 products wrap as in C", () => {
  const x = of("int32", [3], [65537, 65537, 3]);
  expect(listAfter("CumProd", [x, of("int32", [], [0])])).toEqual([65537, 131073, 393219]);
});

test("ReverseSequence counts time along either of the first two axes", () => {
  const lengths = ints(1, 3);
  expect(listAfter("ReverseSequence", [counting(2, 3), lengths], { batch_axis: 0, time_axis: 1 })).toEqual([
    0, 1, 2, 5, 4, 3,
  ]);
});
