import { expect, test } from "vitest";
import { sumSites } from "../sites.js";
import { convNet, mlp } from "../testing.js";
import { printType } from "../types.js";
import { bindDims } from "./bind-dims.js";

const typeAt = (graph: ReturnType<typeof mlp>, id: string): string => printType(graph.values.get(id)!.type);

test("bound dims reach every value and every sum", () => {
  const open = convNet({ batch: "N" });
  expect(typeAt(open, "conv2")).toBe("float32[N, 4, 3, 3]");
  expect(sumSites(open).map((s) => s.components)).toEqual([144, 36, 3]);
  const bound = bindDims(open, new Map([["x", [5, 2, 6, 6]]]));
  expect(typeAt(bound, "x")).toBe("float32[5, 2, 6, 6]");
  expect(typeAt(bound, "fc")).toBe("float32[5, 3]");
  expect(sumSites(bound).map((s) => s.components)).toEqual([5 * 144, 5 * 36, 15]);
});

test("inputs that are not named keep their type, names that are no inputs are ignored", () => {
  const open = mlp([4, 3], { batch: "N" });
  expect(typeAt(bindDims(open, new Map([["y", [1]]])), "fc1")).toBe("float32[N, 3]");
});

test("dims that cannot go with the weights are refused", () => {
  expect(() => bindDims(mlp([4, 3], { batch: "N" }), new Map([["x", [2, 5]]]))).toThrowError(
    expect.objectContaining({ code: "shape" }),
  );
});
