// Formulas of binary64 as lists of steps that one loop in a shader carries out: each operation is compiled once, however
// often a formula uses it. Drivers inline every call, and take seconds where formulas are written out.
import { literal } from "./words64.js";

export type Register = number;

/** What a step is, in the second of its words: by default a b + c, the product rounded before the sum. */
const marks = { negateProduct: 1, negateSum: 2, divide: 4, whole: 8 } as const;

export class Steps {
  private readonly values: number[];
  private readonly constants = new Map<number, Register>();
  private readonly words: [registers: number, mark: number][] = [];

  /** The first registers are what a shader puts in. */
  constructor(inputs: number) {
    this.values = new Array<number>(inputs).fill(0);
  }

  /** Where the next step will be. */
  get at(): number {
    return this.words.length;
  }

  constant(x: number): Register {
    const known = this.constants.get(x) ?? this.values.push(x) - 1;
    this.constants.set(x, known);
    return known;
  }

  /** a b + c */
  fused = (a: Register, b: Register, c: Register, mark = 0): Register => {
    const target = this.values.push(0) - 1;
    this.words.push([a | (b << 8) | (c << 16) | (target << 24), mark]);
    return target;
  };
  /** a b - c */
  less = (a: Register, b: Register, c: Register): Register => this.fused(a, b, c, marks.negateSum);
  /** c - a b */
  from = (c: Register, a: Register, b: Register): Register => this.fused(a, b, c, marks.negateProduct);
  add = (a: Register, b: Register): Register => this.fused(a, this.constant(1), b);
  subtract = (a: Register, b: Register): Register => this.less(a, this.constant(1), b);
  /** A zero comes out without its sign. */
  multiply = (a: Register, b: Register): Register => this.fused(a, b, this.constant(0));
  divide = (a: Register, b: Register): Register => this.fused(a, b, 0, marks.divide);
  /** The whole part of a; 0 where |b| is below fdlibm's ln 2 / 2. */
  whole = (a: Register, b: Register): Register => this.fused(a, b, 0, marks.whole);

  /** c0 + t (c1 + t (...)) */
  series(t: Register, terms: readonly number[]): Register {
    return terms.map((term) => this.constant(term)).reduceRight((sum, term) => this.fused(t, sum, term));
  }

  /** Declares `<name>_registers`, and `<name>_steps(at, end)`, which carries steps out and returns the last result. */
  wgsl(name: string): string {
    const { values, words } = this;
    const hex = words.map(
      ([registers, mark]) => `vec2u(0x${(registers >>> 0).toString(16).padStart(8, "0")}u, ${mark}u)`,
    );
    return `
var<private> ${name}_registers = array<vec2u, ${values.length}>(${values.map(literal).join(", ")});
const ${name}_list = array<vec2u, ${words.length}>(${hex.join(", ")});
fn ${name}_steps(at: u32, end: u32) -> vec2u {
  var r = vec2u(0u, 0u);
  for (var i = at; i < end; i++) {
    let step = ${name}_list[i];
    let a = ${name}_registers[step.x & 0xffu];
    let b = ${name}_registers[(step.x >> 8u) & 0xffu];
    let c = ${name}_registers[(step.x >> 16u) & 0xffu];
    if (step.y < ${marks.divide}u) {
      let product = multiply64(a, b);
      r = add64(
        vec2u(product.x ^ ((step.y & 1u) << 31u), product.y),
        vec2u(c.x ^ ((step.y & 2u) << 30u), c.y));
    } else if (step.y == ${marks.divide}u) {
      r = divide64(a, b);
    } else {
      r = vec2u(0u, 0u);
      if ((b.x & 0x7fffffffu) >= 0x3fd62e43u) { r = from_count(toward_zero64(a)); }
    }
    ${name}_registers[step.x >> 24u] = r;
  }
  return r;
}`;
  }
}
