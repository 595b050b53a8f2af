// Formulas of binary64 as lists of steps that one loop in a shader carries out: each operation is compiled once, however
// often a formula uses it. Drivers inline every call, and take seconds where formulas are written out.
import { literal } from "./words64.js";

export type Register = number;

const operations = { add: 0, subtract: 1, multiply: 2, divide: 3, whole: 4 } as const;

export class Steps {
  private readonly values: number[];
  private readonly words: number[] = [];

  /** The first registers are what a shader puts in. */
  constructor(inputs: number) {
    this.values = new Array<number>(inputs).fill(0);
  }

  /** Where the next step will be. */
  get at(): number {
    return this.words.length;
  }

  constant(x: number): Register {
    return this.values.push(x) - 1;
  }

  add = (a: Register, b: Register): Register => this.put("add", a, b);
  subtract = (a: Register, b: Register): Register => this.put("subtract", a, b);
  multiply = (a: Register, b: Register): Register => this.put("multiply", a, b);
  divide = (a: Register, b: Register): Register => this.put("divide", a, b);
  /** The whole part of a; 0 where |b| is below fdlibm's ln 2 / 2. */
  whole = (a: Register, b: Register): Register => this.put("whole", a, b);

  /** c0 + t (c1 + t (...)) */
  series(t: Register, terms: readonly number[]): Register {
    return terms
      .map((term) => this.constant(term))
      .reduceRight((sum, term) => this.add(term, this.multiply(t, sum)));
  }

  private put(operation: keyof typeof operations, a: Register, b: Register): Register {
    const target = this.constant(0);
    this.words.push(operations[operation] | (a << 8) | (b << 16) | (target << 24));
    return target;
  }

  /**
   * Declares registers `<name>_registers` and `<name>_steps(at, end)`, which carries steps out and returns the last
   * result.
   */
  wgsl(name: string): string {
    const { values, words } = this;
    const hex = words.map((word) => `0x${(word >>> 0).toString(16).padStart(8, "0")}u`);
    return `
var<private> ${name}_registers = array<vec2u, ${values.length}>(${values.map(literal).join(", ")});
const ${name}_list = array<u32, ${words.length}>(${hex.join(", ")});
fn ${name}_steps(at: u32, end: u32) -> vec2u {
  var r = vec2u(0u, 0u);
  for (var i = at; i < end; i++) {
    let step = ${name}_list[i];
    let a = ${name}_registers[(step >> 8u) & 0xffu];
    let b = ${name}_registers[(step >> 16u) & 0xffu];
    switch (step & 0xffu) {
      case ${operations.add}u, ${operations.subtract}u: { r = add64(a, vec2u(b.x ^ ((step & 1u) << 31u), b.y)); }
      case ${operations.multiply}u: { r = multiply64(a, b); }
      case ${operations.divide}u: { r = divide64(a, b); }
      default: {
        r = vec2u(0u, 0u);
        if ((b.x & 0x7fffffffu) >= 0x3fd62e43u) { r = from_count(toward_zero64(a)); }
      }
    }
    ${name}_registers[step >> 24u] = r;
  }
  return r;
}`;
  }
}
