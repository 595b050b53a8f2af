import { expect, test } from "vitest";
import { ops, type SumOpName } from "./index.js";

test("the catalogue is sorted, and every operator is listed under its own name", () => {
  const names = Object.keys(ops);
  // By the line as it is written: names with dots stand in quotes, and so come first.
  const line = (name: string): string => (/\W/.test(name) ? `"${name}"` : name);
  expect(names.map(line)).toEqual(names.map(line).sort());
  expect(Object.values(ops).map((op) => op.name)).toEqual(names);
});

test("SumOpName names exactly the operators that state sums", () => {
  const stated = { Conv: true, Gemm: true, MatMul: true } satisfies Record<SumOpName, true>;
  const found = Object.values(ops).filter((op) => op.sums);
  expect(found.map((op) => op.name)).toEqual(Object.keys(stated));
});

test("a required attribute has no default", () => {
  for (const { attributes } of Object.values(ops)) {
    for (const spec of Object.values(attributes)) expect("required" in spec && "default" in spec).toBe(false);
  }
});
