// Formulas in WGSL over numbers of one kind: binary64 in integers, rounded as the reference rounds, or the device's own
// binary32.
import { bitsOf } from "./round.js";
import { literal, wordsOf } from "./words64.js";

/** Expressions in, expressions out. In buffers a number takes so many words. */
export interface Arithmetic {
  readonly words: 1 | 2;
  readonly type: string;
  /** The number at a place of a buffer. */
  load(buffer: string, at: string): string;
  /** A statement. */
  store(buffer: string, at: string, value: string): string;
  /** From and to binary32 bits. */
  ofBits(bits: string): string;
  toBits(value: string): string;
  /** Of a u32 below 2^31. */
  ofCount(count: string): string;
  /** Two words of the parameters, and what they become. */
  parameter(value: number): [number, number];
  ofParameter(upper: string, lower: string): string;
  constant(value: 0 | 1): string;
  add(a: string, b: string): string;
  subtract(a: string, b: string): string;
  multiply(a: string, b: string): string;
  divide(a: string, b: string): string;
  root(a: string): string;
  exp(a: string): string;
  log(a: string): string;
}

export const binary64: Arithmetic = {
  words: 2,
  type: "vec2u",
  load: (buffer, at) => `vec2u(${buffer}[2u * (${at})], ${buffer}[2u * (${at}) + 1u])`,
  store: (buffer, at, value) =>
    `{ let stored = ${value}; ${buffer}[2u * (${at})] = stored.x; ${buffer}[2u * (${at}) + 1u] = stored.y; }`,
  ofBits: (bits) => `from_single(${bits})`,
  toBits: (value) => `to_single(${value})`,
  ofCount: (count) => `from_count(i32(${count}))`,
  parameter: wordsOf,
  ofParameter: (upper, lower) => `vec2u(${upper}, ${lower})`,
  constant: literal,
  add: (a, b) => `add64(${a}, ${b})`,
  subtract: (a, b) => `subtract64(${a}, ${b})`,
  multiply: (a, b) => `multiply64(${a}, ${b})`,
  divide: (a, b) => `divide64(${a}, ${b})`,
  root: (a) => `root64(${a})`,
  exp: (a) => `exp64(${a})`,
  log: (a) => `log64(${a})`,
};

export const binary32: Arithmetic = {
  words: 1,
  type: "f32",
  load: (buffer, at) => `bitcast<f32>(${buffer}[${at}])`,
  store: (buffer, at, value) => `${buffer}[${at}] = bitcast<u32>(${value});`,
  ofBits: (bits) => `bitcast<f32>(${bits})`,
  toBits: (value) => `bitcast<u32>(${value})`,
  ofCount: (count) => `f32(${count})`,
  parameter: (value) => [bitsOf(value), 0],
  ofParameter: (upper) => `bitcast<f32>(${upper})`,
  constant: (value) => `${value}.0`,
  add: (a, b) => `(${a} + ${b})`,
  subtract: (a, b) => `(${a} - ${b})`,
  multiply: (a, b) => `(${a} * ${b})`,
  divide: (a, b) => `(${a} / ${b})`,
  root: (a) => `sqrt(${a})`,
  exp: (a) => `exp(${a})`,
  log: (a) => `log(${a})`,
};
