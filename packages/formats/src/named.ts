// From a name to a format: the catalogue's spelling, or e<E>m<M> for anything else. A name that could mean two
// formats is refused, because a plan made for max 448 and run with max 240 fails silently.

import { catalog } from "./catalog/index.js";
import { FormatError } from "./errors.js";
import { defineFormat, type FloatFormat, type FormatName } from "./format.js";

/** Spellings that are in use elsewhere, and what they may mean here. More than one meaning: ambiguous. */
const otherSpellings: Readonly<Record<string, readonly FormatName[]>> = {
  bf16: ["bfloat16"],
  double: ["binary64"],
  e4m3: ["ieee-e4m3", "ocp-e4m3"],
  e4m3fn: ["ocp-e4m3"],
  e5m2: ["ocp-e5m2"],
  f16: ["binary16"],
  f32: ["binary32"],
  f64: ["binary64"],
  float: ["binary32"],
  float16: ["binary16"],
  float32: ["binary32"],
  float4e2m1: ["e2m1"],
  float64: ["binary64"],
  float8e4m3: ["ieee-e4m3", "ocp-e4m3"],
  float8e4m3fn: ["ocp-e4m3"],
  float8e4m3fnuz: ["e4m3fnuz"],
  float8e5m2: ["ocp-e5m2"],
  float8e5m2fnuz: ["e5m2fnuz"],
  fp16: ["binary16"],
  fp32: ["binary32"],
  fp4: ["e2m1"],
  fp6: ["e2m3", "e3m2"],
  fp64: ["binary64"],
  fp8: ["ieee-e4m3", "ocp-e4m3", "ocp-e5m2"],
  half: ["binary16"],
  single: ["binary32"],
};

/**
 * The format of that name: one of the catalogue, or `e<E>m<M>`, IEEE-like with E exponent bits, M fraction bits and
 * bias 2^(E-1) - 1. Only `e2m1`, `e2m3` and `e3m2` are not IEEE-like: there the catalogue's (OCP's) come first.
 *
 * @throws FormatError `ambiguous-format` (with the candidates), `unknown-format` (with the nearest spelling),
 * `bad-format` (an `e<E>m<M>` that binary64 cannot carry)
 * @example
 * maxFinite(formatNamed("e5m6")); // 65024
 */
export function formatNamed(name: string): FloatFormat {
  const listed = catalog.find((format) => format.name === name);
  if (listed !== undefined) return listed;

  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const meanings = otherSpellings[plain] ?? namesLike(plain);
  const where = `formatNamed(${JSON.stringify(name)})`;
  if (meanings.length > 1) {
    throw new FormatError("ambiguous-format", {
      what: `"${name}" may mean ${meanings.join(" or ")}`,
      where,
      next: `write the one you mean: ${meanings.join(", ")}`,
    });
  }

  const fields = /^e([1-9]\d?)m([1-9]\d?)$/.exec(name);
  if (meanings.length === 0 && fields !== null) return ieeeLike(name, Number(fields[1]), Number(fields[2]));

  throw new FormatError("unknown-format", {
    what: `there is no format "${name}"`,
    where,
    next:
      meanings.length === 1
        ? `write ${meanings[0]}`
        : `write one of ${catalog.map((format) => format.name).join(", ")}, or e<E>m<M> such as e5m6`,
  });
}

/** The catalogue's names that differ from this one in case and punctuation only. */
function namesLike(plain: string): readonly FormatName[] {
  return catalog.map((format) => format.name).filter((listed) => listed.replaceAll("-", "") === plain);
}

function ieeeLike(name: FormatName, exponent: number, fraction: number): FloatFormat {
  return defineFormat({
    name,
    bits: 1 + exponent + fraction,
    precision: fraction + 1,
    bias: 2 ** (exponent - 1) - 1,
    signed: true,
    infinities: true,
    nans: "many",
    subnormals: true,
  });
}
