// Shaders of a run-time test: which components a dynamic choice computes again, gathered in a queue on the GPU.
// A test on a value is a table over every number of its format, so that its verdict is the reference's, bit for bit.
import type { Shader } from "../shader.js";
import { locate, lookUp, productParams } from "./products.js";

/** What a neuron's test is, in words: kind, where its table begins, its limit, its seed. */
export const testWords = 4;
export const testKinds = {
  table: 0,
  random: 1,
  randomLive: 2,
  magnitude: 3,
  steps: 4,
  stepsLive: 5,
} as const;

export interface TestVariant {
  readonly bits: CodeBits;
  /** A function `round_code` that brings a value to the format first; empty where sums are in it already. */
  readonly rounding: string;
  /** Some test looks at |W||h| + |b| too. */
  readonly magnitudes: boolean;
}

/** How numbers of a format are counted: zero, then its magnitudes upward, infinity last; the negative ones after. */
export interface CodeBits {
  /** Bits of binary32 that the format does not have. */
  readonly drop: number;
  /** The smallest magnitude's bits without those. */
  readonly least: number;
  /** Codes of one sign, infinity among them; NaN comes after both signs. */
  readonly count: number;
}

const draw = `
fn draw(seed: u32) -> u32 {
  var a = 0u; var b = seed; var c = 0u; var counter = 1u; var result = 0u;
  for (var i = 0u; i < 13u; i++) {
    result = a + b + counter;
    counter = counter + 1u;
    a = b ^ (b >> 9u);
    b = c + (c << 3u);
    c = ((c << 21u) | (c >> 11u)) + result;
  }
  return result >> 8u;
}`;

const codeOf = ({ drop, least, count }: CodeBits): string => `
fn code_of(u: u32) -> u32 {
  let m = u & 0x7fffffffu;
  if (m > 0x7f800000u) { return ${2 * count}u; }
  var code = 0u;
  if (m == 0x7f800000u) { code = ${count - 1}u; }
  else if (m != 0u) { code = (m >> ${drop}u) - ${least - 1}u; }
  return code + select(0u, ${count}u, (u >> 31u) == 1u);
}`;

/** The verdict where it changes at some numbers: how many, that of the lowest number and of NaN, and their places. */
const stepped = `
fn stepped(at: u32, u: u32) -> bool {
  if ((u & 0x7fffffffu) > 0x7f800000u) { return (ranks[at + 1u] & 2u) != 0u; }
  let place = u ^ select(0x80000000u, 0xffffffffu, (u >> 31u) == 1u);
  var again = (ranks[at + 1u] & 1u) != 0u;
  for (var i = 0u; i < ranks[at]; i++) { again = again != (ranks[at + 2u + i] <= place); }
  return again;
}`;

/**
 * Puts the components of a list whose test says so into a queue: its first word counts them. The values are scaled by
 * powers of two that are undone first, so that they are numbers of the format again.
 */
export function testShader({ bits, rounding, magnitudes }: TestVariant, scaled: boolean): Shader {
  const value = "values[out_at]";
  const original = scaled ? `rescaled(${value}, tables[p.scales_at + lane])` : value;
  return {
    label: "run-time test",
    buffers: {
      values: "read u32",
      tables: "read u32",
      tests: "read u32",
      ranks: "read u32",
      ...(magnitudes && { magnitudes: "read u32" as const }),
      queue: "atomic",
    },
    params: [...productParams, "all_lanes", "first_component", "salt"],
    functions: `${lookUp}${draw}\n${codeOf(bits)}${stepped}
${rounding}
fn rescaled(u: u32, by: u32) -> u32 {
  if ((u & 0x7f800000u) == 0u || (u & 0x7f800000u) == 0x7f800000u) { return u; }
  return u + by - 0x3f800000u;
}`,
    body: `${locate("columns")}
  let mine = at * ${testWords}u;
  let kind = tests[mine];
  let limit = tests[mine + 2u];
  var again = true;
  if (kind != ${testKinds.random}u) {
    let low = ${rounding ? `round_code(${original})` : original};
    let first = tests[mine + 1u];
    if (kind == ${testKinds.steps}u || kind == ${testKinds.stepsLive}u) { again = stepped(first, low); }
    else if (kind == ${testKinds.magnitude}u) { again = ${magnitudes ? "magnitudes[out_at] >= ranks[first + code_of(low)]" : "true"}; }
    else { again = ranks[first + code_of(low)] >= select(1u, limit, kind == ${testKinds.table}u); }
  }
  if (kind == ${testKinds.random}u || kind == ${testKinds.randomLive}u || kind == ${testKinds.stepsLive}u) {
    let seed = (tests[mine + 3u] ^ (p.salt * 0x85ebca6bu)) * 0xc2b2ae35u;
    again = again && draw(seed ^ ((p.first_component + out_at) * 0x9e3779b1u)) < limit;
  }
  if (again) {
    let slot = atomicAdd(&queue[0], 1u);
    atomicStore(&queue[1u + slot], line * p.all_lanes + lane);
  }`,
  };
}

/** Workgroups enough for a queue, as an indirect dispatch wants them. */
export function extentShader(workgroup: number, most: number): Shader {
  return {
    label: "queue extent",
    buffers: { queue: "read u32", extent: "write u32" },
    params: [],
    body: `  let groups = (queue[0] + ${workgroup - 1}u) / ${workgroup}u;
  let lines = max(1u, (groups + ${most - 1}u) / ${most}u);
  extent[0] = (groups + lines - 1u) / lines;
  extent[1] = lines;
  extent[2] = 1u;`,
  };
}
