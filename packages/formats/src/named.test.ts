import { describe, expect, test } from "vitest";
import { binary16, catalog, formatNamed, maxFinite, minSubnormal, ocpE5m2 } from "./index.js";

test("every format of the catalogue answers to its name", () => {
  for (const format of catalog) expect(formatNamed(format.name)).toBe(format);
});

test("e<E>m<M> is IEEE-like", () => {
  expect(formatNamed("e5m6")).toEqual({
    name: "e5m6",
    bits: 12,
    precision: 7,
    bias: 15,
    signed: true,
    infinities: true,
    nans: "many",
    subnormals: true,
  });
  expect(maxFinite(formatNamed("e5m6"))).toBe(65024);
  expect(minSubnormal(formatNamed("e4m7"))).toBe(2 ** -13);
  expect(formatNamed("e5m10")).toEqual({ ...binary16, name: "e5m10" });
});

test("e2m1, e2m3 and e3m2 are OCP's, all finite", () => {
  for (const name of ["e2m1", "e2m3", "e3m2"]) expect(formatNamed(name).nans).toBe("none");
});

describe("a name that could mean two formats is refused", () => {
  test("e4m3 names both", () => {
    expect(() => formatNamed("e4m3")).toThrowErrorMatchingInlineSnapshot(`
      [FormatError: "e4m3" may mean ieee-e4m3 or ocp-e4m3
        where: formatNamed("e4m3")
        next: write the one you mean: ieee-e4m3, ocp-e4m3]
    `);
  });
  test("fp8 names three", () => {
    expect(() => formatNamed("fp8")).toThrowErrorMatchingInlineSnapshot(`
      [FormatError: "fp8" may mean ieee-e4m3 or ocp-e4m3 or ocp-e5m2
        where: formatNamed("fp8")
        next: write the one you mean: ieee-e4m3, ocp-e4m3, ocp-e5m2]
    `);
  });
});

describe("another spelling is answered with the catalogue's, not followed silently", () => {
  test.each([
    ["float16", "binary16"],
    ["FP16", "binary16"],
    ["half", "binary16"],
    ["bf16", "bfloat16"],
    ["BFloat16", "bfloat16"],
    ["f32", "binary32"],
    ["double", "binary64"],
    ["e5m2", "ocp-e5m2"],
    ["OCP_E4M3", "ocp-e4m3"],
    ["float8_e4m3fn", "ocp-e4m3"],
    ["TF32", "tf32"],
  ])("%s", (name, spelling) => {
    expect(() => formatNamed(name)).toThrow(`next: write ${spelling}`);
  });
  test("in three beats", () => {
    expect(() => formatNamed("float16")).toThrowErrorMatchingInlineSnapshot(`
      [FormatError: there is no format "float16"
        where: formatNamed("float16")
        next: write binary16]
    `);
  });
});

test("an unknown name is answered with the catalogue", () => {
  expect(() => formatNamed("posit8")).toThrowErrorMatchingInlineSnapshot(`
    [FormatError: there is no format "posit8"
      where: formatNamed("posit8")
      next: write one of bfloat16, binary16, binary32, binary64, e2m1, e2m3, e3m2, e4m3fnuz, e5m2fnuz, ieee-e4m3, ocp-e4m3, ocp-e5m2, tf32, or e<E>m<M> such as e5m6]
  `);
  for (const name of ["", "e5", "e05m2", "e5m0", "m3e4", "constructor"]) {
    expect(() => formatNamed(name)).toThrow("there is no format");
  }
});

test("an e<E>m<M> beyond the carrier is refused with its reason", () => {
  expect(() => formatNamed("e11m52")).toThrow("precision 53 is above 25");
  expect(() => formatNamed("e11m4")).toThrow("not a normal double");
  expect(() => formatNamed("e1m4")).toThrow("exponent bits");
});

test("binary16 by its fields has the range of ocp-e5m2", () => {
  expect(formatNamed("e5m10").bias).toBe(ocpE5m2.bias);
});
