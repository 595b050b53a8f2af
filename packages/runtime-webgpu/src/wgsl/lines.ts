// Shaders of operators that normalise along lines of a tensor: a maximum or a sum per line, and what becomes of every
// element. Element i of line l is at (l / inner) * size * inner + l % inner + i * inner.
import { axisNames, walk } from "../plain/define.js";
import type { Shader } from "../shader.js";
import type { Arithmetic } from "./arithmetic.js";
import { withBinary64 } from "./binary64.js";
import { beginDraws } from "./draws.js";
import { withArithmetic } from "./float.js";
import type { SumWriter } from "./products.js";

/** Scale and bias are broadcast: their strides along the axes of x. */
export const lineParams = [
  ...["zero", "seed", "size", "inner", "epsilon_upper", "epsilon_lower"],
  ...[...axisNames("d"), ...axisNames("a"), ...axisNames("b")],
] as const;

export const epsilon = (own: Arithmetic): string => own.ofParameter("p.epsilon_upper", "p.epsilon_lower");

const lineOf = "id / (p.size * p.inner) * p.inner + id % p.inner";
const firstOf = "id / p.inner * p.size * p.inner + id % p.inner";

/** Numbers that shaders before have written, one per line or per element. */
export type Reads = readonly string[];

/** Shaders by what they are made of: to find what they call takes longer than to run them. */
const made = new Map<string, Shader>();

function shaderOf(
  own: Arithmetic,
  label: string,
  reads: Reads,
  functions: readonly string[],
  body: readonly string[],
): Shader {
  const key = JSON.stringify([own.type, label, reads, functions, body]);
  const known = made.get(key);
  if (known) return known;
  const all = [...functions, "fn main_of(id: u32) {", ...body, "}"].join("\n");
  const square = `fn squared(v: ${own.type}) -> ${own.type} { return ${own.multiply("v", "v")}; }`;
  const code = withBinary64(withArithmetic(all.includes("squared(") ? `${square}\n${all}` : all));
  const buffers = Object.fromEntries(reads.map((name) => [name, "read u32"] as const));
  const shader: Shader = {
    label,
    buffers: { x: "read u32", ...buffers, y: "write u32" },
    params: lineParams,
    functions: code,
    body: "  main_of(id);",
    ...(/\bf16\(/.test(code) && { halves: true }),
  };
  made.set(key, shader);
  return shader;
}

/** The largest element of every line, NaN where one is. Bits are compared as integers that rise with the numbers. */
export function largestShader(label: string, own: Arithmetic): Shader {
  return shaderOf(
    own,
    label,
    [],
    [],
    [
      `  let first = ${firstOf};`,
      "  var most = 0u;",
      "  for (var i = 0u; i < p.size; i++) {",
      "    let u = x[first + i * p.inner];",
      "    var key = u | 0x80000000u;",
      "    if ((u & 0x80000000u) != 0u) { key = ~u; }",
      "    if ((u & 0x7fffffffu) > 0x7f800000u) { key = 0xffffffffu; }",
      "    most = max(most, key);",
      "  }",
      "  var bits = most ^ 0x80000000u;",
      "  if (most < 0x80000000u) { bits = ~most; }",
      "  if (most == 0xffffffffu) { bits = 0x7fc00000u; }",
      `  ${own.store("y", "id", own.ofBits("bits"))}`,
    ],
  );
}

/** What is added up: of element k, at `at` in x and in what was read, the binary32 bits, or a number. */
export type Term = { readonly bits: string } | { readonly number: string };

/** Sums that a plan decides, and the number of the component that stands in line `id`. */
export interface WrittenSums {
  readonly writer: SumWriter;
  readonly component: string;
}

/** `finish` of every line's `sum`, of `n` terms: by a writer of decided sums, or one after the other. */
export function sumShader(
  label: string,
  own: Arithmetic,
  sums: WrittenSums | null,
  reads: Reads,
  term: Term,
  finish: string,
): Shader {
  const place = "let at = first + k * p.inner;";
  const [bits, number] =
    "bits" in term ? [term.bits, own.ofBits(term.bits)] : [own.toBits(term.number), term.number];
  const adding = sums
    ? [
        `fn term(k: u32) -> u32 { ${place} return ${bits}; }`,
        sums.writer({ w: "0x3f800000u", h: "term(k)" }, { alpha: false, beta: false }),
      ]
    : [
        `fn term(k: u32) -> ${own.type} { ${place} return ${number}; }`,
        `fn sum_terms(n: u32) -> ${own.type} {`,
        `  var s = ${own.constant(0)};`,
        `  for (var k = 0u; k < n; k++) { s = ${own.add("s", "term(k)")}; }`,
        "  return s;",
        "}",
      ];
  return shaderOf(
    own,
    label,
    reads,
    ["var<private> first: u32;", ...adding],
    [
      `  first = ${firstOf};`,
      ...(sums ? [beginDraws(adding.join("\n"), sums.component)] : []),
      `  let sum = ${sums ? own.ofBits("sum_terms(p.size)") : "sum_terms(p.size)"};`,
      `  let n = ${own.ofCount("p.size")};`,
      `  ${own.store("y", "id", finish)}`,
    ],
  );
}

/**
 * Of every element what `value` makes of `v`, the element, and of whatever was read; `line` is its line. Stored as a
 * number for later shaders, or as binary32.
 */
export function elementShader(
  label: string,
  own: Arithmetic,
  reads: Reads,
  value: string,
  last: boolean,
): Shader {
  return shaderOf(
    own,
    label,
    reads,
    [],
    [
      ...(/\bat_[ab]\b/.test(value) ? [walk({ at_a: "a", at_b: "b" })] : []),
      `  let line = ${lineOf};`,
      `  let v = ${own.ofBits("x[id]")};`,
      last ? `  y[id] = ${own.toBits(value)};` : `  ${own.store("y", "id", value)}`,
    ],
  );
}

/** A number per line as binary32. */
export function storedShader(label: string, own: Arithmetic): Shader {
  return shaderOf(own, label, ["numbers"], [], [`  y[id] = ${own.toBits(own.load("numbers", "id"))};`]);
}
