// Binary64 in a shader: JavaScript's own doubles, bit for bit, and the exp and log of @mpplan/formats.
import { exp, log, seededRandom } from "@mpplan/formats";
import { testAdapters } from "@mpplan/testkit/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Device } from "./device.js";
import type { Shader } from "./shader.js";
import { Stream } from "./stream.js";
import { withBinary64 } from "./wgsl/binary64.js";

/** A word more than needed, so that a compiler knows none of the operands. */
const shaderOf = (expression: string): Shader => ({
  label: expression,
  buffers: { x: "read u32", y: "write u32" },
  params: [],
  functions: withBinary64(`fn result(a: vec2u, b: vec2u, s: u32) -> vec2u { return ${expression}; }`),
  body: `  let r = result(vec2u(x[id * 5u], x[id * 5u + 1u]), vec2u(x[id * 5u + 2u], x[id * 5u + 3u]), x[id * 5u + 4u]);
  y[id * 2u] = r.x;
  y[id * 2u + 1u] = r.y;`,
});

interface Operands {
  readonly a: number;
  readonly b: number;
  /** A binary32 number. */
  readonly s: number;
}

const bits = new DataView(new ArrayBuffer(8));

function double(upper: number, lower: number): number {
  bits.setUint32(0, upper);
  bits.setUint32(4, lower);
  return bits.getFloat64(0);
}

function words(x: number): [number, number] {
  bits.setFloat64(0, x);
  return [bits.getUint32(0), bits.getUint32(4)];
}

const special = [
  ...[0, 1, 0.5, 2, 3, 1.5, 1 / 3, 2 ** 52, 2 ** 53 - 1, 2 ** 31, 2 ** -28, Infinity, NaN],
  ...[2 ** -1074, 3 * 2 ** -1074, 2 ** -1022, 2 ** -1022 - 2 ** -1074, Number.MAX_VALUE, 1 + 2 ** -52],
  // Around binary32: ties, subnormal numbers, the largest one.
  ...[
    1 + 2 ** -24,
    1 + 3 * 2 ** -24,
    2 ** -149,
    2 ** -150,
    1.5 * 2 ** -149,
    2 ** -126,
    2 ** -126 - 2 ** -150,
  ],
  ...[
    3.4028234663852886e38,
    3.4028235677973366e38,
    2 ** 128,
    2 ** -150 + 2 ** -190,
    2 ** -151,
    1.75 * 2 ** -151,
  ],
  // Where exp and log change their formulas.
  ...[
    0.34657359027997264, 0.34657382965087890625, 1.0397205352783203125, 709.782712893384, 745.1332191019411,
  ],
  ...[
    1 - 2 ** -21,
    1 - 2 ** -53,
    1 + 2 ** -21,
    1 + 2 ** -20,
    Math.SQRT1_2,
    Math.SQRT2,
    708.5,
    709,
    745.2,
    88.7,
  ],
].flatMap((x) => [x, -x]);

/** Doubles of every kind: any bits, near ones, few bits, what cancels, what is subnormal. */
function operands(count: number): Operands[] {
  const random = seededRandom(7);
  const word = (): number => ((random() << 8) ^ random()) >>> 0;
  const any = (): number => double(word(), word());
  const near = (): number => double((word() % 0x00900000) + 0x3fb00000 + (word() & 0x80000000), word());
  const few = (): number => double(word() & 0xc0f80000, 0) + (word() % 7);
  const tiny = (): number => double(word() & 0x803fffff, word());
  const kinds = [any, near, near, few, tiny];
  const list: Operands[] = [];
  for (const a of special) for (const b of special.slice(0, 52)) list.push({ a, b, s: Math.fround(a) });
  while (list.length < count) {
    const make = kinds[list.length % kinds.length]!;
    const a = make();
    const other = kinds[(list.length >> 3) % kinds.length]!();
    // Every third a neighbour, for sums that cancel and quotients close to one.
    const [upper, lower] = words(a);
    const b = list.length % 3 === 0 ? -double(upper, (lower + (word() % 5)) >>> 0) : other;
    bits.setUint32(0, word());
    list.push({ a, b, s: list.length % 2 ? Math.fround(near()) : bits.getFloat32(0) });
  }
  return list;
}

const single = (x: number): [number, number] => {
  bits.setFloat32(0, x);
  return [Number.isNaN(x) ? 0x7fc00000 : bits.getUint32(0), 0];
};
const asDouble = (x: number): [number, number] => (Number.isNaN(x) ? [0x7ff80000, 0] : words(x));

const operations: Record<string, [expression: string, expected: (of: Operands) => [number, number]]> = {
  "from binary32": ["from_single(s)", ({ s }) => asDouble(s)],
  "to binary32": ["vec2u(to_single(a), 0u)", ({ a }) => single(Math.fround(a))],
  sums: ["add64(a, b)", ({ a, b }) => asDouble(a + b)],
  differences: ["subtract64(a, b)", ({ a, b }) => asDouble(a - b)],
  products: ["multiply64(a, b)", ({ a, b }) => asDouble(a * b)],
  quotients: ["divide64(a, b)", ({ a, b }) => asDouble(a / b)],
  roots: ["root64(a)", ({ a }) => asDouble(Math.sqrt(a))],
  comparisons: ["vec2u(select(0u, 1u, below64(a, b)), 0u)", ({ a, b }) => [a < b ? 1 : 0, 0]],
  counts: [
    "from_count(i32(s))",
    ({ s }) => {
      bits.setFloat32(0, s);
      return asDouble(bits.getInt32(0));
    },
  ],
  exponentials: ["exp64(a)", ({ a }) => asDouble(exp(a))],
  "exponentials of small numbers": ["exp64(from_single(s))", ({ s }) => asDouble(exp(s))],
  logarithms: ["log64(a)", ({ a }) => asDouble(log(a))],
};

for (const { name, missing, gpu } of testAdapters()) {
  describe.skipIf(missing !== null)(`${name}${missing ? `: skipped: ${missing}` : ""}`, () => {
    const list = operands(30000);
    let stream: Stream;
    let device: Device;

    beforeAll(async () => {
      device = await Device.open({ gpu: gpu() });
      stream = new Stream(device);
    });
    afterAll(() => device.destroy());

    test.each(Object.entries(operations))("%s", async (_, [expression, expected]) => {
      const floats = new Float32Array(1);
      const singles = new Uint32Array(floats.buffer);
      const input = new Uint32Array(list.length * 5);
      for (const [i, { a, b, s }] of list.entries()) {
        floats[0] = s;
        input.set([...words(a), ...words(b), singles[0]!], i * 5);
      }
      const x = { buffer: stream.upload(input), bytes: input.byteLength };
      const bytes = list.length * 8;
      const y = { buffer: stream.pool.take(bytes), bytes };
      stream.dispatch(shaderOf(expression), [x, y], [], list.length);
      const found = new Uint32Array(await stream.readLater(y)());
      for (const { buffer } of [x, y]) stream.pool.give(buffer);
      const wrong: string[] = [];
      for (const [i, of] of list.entries()) {
        const [upper, lower] = expected(of);
        const [one, two] = [found[i * 2]!, found[i * 2 + 1]!];
        if (one === upper && two === lower) continue;
        wrong.push(`${of.a}, ${of.b}, ${of.s}: ${double(one, two)}, expected ${double(upper, lower)}`);
      }
      expect(wrong.slice(0, 5), `${wrong.length} of ${list.length}`).toEqual([]);
    });
  });
}
