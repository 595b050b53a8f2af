// A binary64 number as a shader is told it: two words, the upper one first.
const view = new DataView(new ArrayBuffer(8));

/** The words of a number's bits. */
export function wordsOf(x: number): [upper: number, lower: number] {
  view.setFloat64(0, x);
  return [view.getUint32(0), view.getUint32(4)];
}

/** A constant in WGSL. */
export function literal(x: number): string {
  const [upper, lower] = wordsOf(x).map((word) => `0x${word.toString(16).padStart(8, "0")}u`);
  return `vec2u(${upper}, ${lower})`;
}
