// Floats narrower than binary32 as element types: their codes, and the rounding of what is stored in them.
import {
  bfloat16,
  binary16,
  compileRound,
  decode,
  e2m1,
  e4m3fnuz,
  e5m2fnuz,
  encode,
  ocpE4m3,
  ocpE5m2,
  type FloatFormat,
  type Overflow,
} from "@mpplan/formats";
import type { ElementType } from "./types.js";

/** `float8e8m0` is a scale, not a number to compute with: powers of two from 2^-127, no sign, no zero. */
const formats = {
  bfloat16: bfloat16,
  float16: binary16,
  float4e2m1: e2m1,
  float8e4m3fn: ocpE4m3,
  float8e4m3fnuz: e4m3fnuz,
  float8e5m2: ocpE5m2,
  float8e5m2fnuz: e5m2fnuz,
  float8e8m0: null,
} as const satisfies Partial<Record<ElementType, FloatFormat | null>>;

export type NarrowFloat = keyof typeof formats;

export function isNarrow(elem: ElementType): elem is NarrowFloat {
  return Object.hasOwn(formats, elem);
}

/** How a power of two is chosen for `float8e8m0`. */
export type ScaleRounding = "up" | "down" | "nearest";

export interface NarrowOptions {
  /** What becomes of values beyond the largest finite one. Default: see {@link storeRounding}. */
  readonly overflow?: Overflow;
  /** For `float8e8m0` only. Default: up, as Cast's. */
  readonly scale?: ScaleRounding;
}

/**
 * The function that rounds to a narrow type, to nearest-even; the sign of a zero stays where the type has one.
 *
 * @example
 * narrowRounding("float16")(1e5); // Infinity
 */
export function narrowRounding(elem: NarrowFloat, options: NarrowOptions = {}): (x: number) => number {
  const { overflow = defaultOverflow(elem), scale = "up" } = options;
  if (elem === "float8e8m0") return (x) => powerFor(x, overflow, scale);
  const format = formats[elem];
  const round = compileRound(format, { overflow });
  if (format.nans === "negative-zero") return round;
  // A type without NaN has 0 for it, as ONNX's Cast gives.
  if (format.nans === "none") return (x) => (Number.isNaN(x) ? 0 : signed(x, round(x)));
  return (x) => signed(x, round(x));
}

/** Rounding has +0 only; a stored zero keeps its sign. */
function signed(x: number, rounded: number): number {
  if (rounded !== 0) return rounded;
  return x < 0 || Object.is(x, -0) ? -0 : 0;
}

/**
 * What a result of that type becomes when it is stored, or null where it stays. float16 and bfloat16 overflow to
 * infinity, as arithmetic does; types of 8 bits and fewer saturate, as Cast does by default.
 */
export function storeRounding(elem: ElementType): ((x: number) => number) | null {
  if (!isNarrow(elem)) return elem === "float32" ? Math.fround : null;
  let found = stored.get(elem);
  if (!found) stored.set(elem, (found = narrowRounding(elem)));
  return found;
}

const stored = new Map<NarrowFloat, (x: number) => number>();

/** Bits of one element as a file packs them. */
export function bitsOf(elem: ElementType): number {
  if (isNarrow(elem)) return elem === "float8e8m0" ? 8 : formats[elem].bits;
  return elem === "bool" ? 8 : Number(/\d+/.exec(elem)?.[0]);
}

/** The number that a code of the type stands for. */
export function decodeNarrow(elem: NarrowFloat, code: number): number {
  if (elem !== "float8e8m0") return decode(code, formats[elem]);
  return code === 255 ? NaN : 2 ** (code - 127);
}

/** The code of a number, rounded as when stored. */
export function encodeNarrow(elem: NarrowFloat, x: number): number {
  if (elem === "float8e8m0") {
    const rounded = narrowRounding(elem)(x);
    return Number.isNaN(rounded) ? 255 : Math.log2(rounded) + 127;
  }
  const format = formats[elem];
  const code = encode(x, format, { overflow: defaultOverflow(elem) });
  const negativeZero = code === 0 && (x < 0 || Object.is(x, -0)) && format.nans !== "negative-zero";
  return negativeZero ? 2 ** (format.bits - 1) : code;
}

function defaultOverflow(elem: NarrowFloat): Overflow {
  return elem === "float16" || elem === "bfloat16" ? "infinity" : "saturate";
}

/** As in onnx.helper: the exponent of |x| in binary32, moved on by the rounding; infinities and NaN give NaN. */
function powerFor(x: number, overflow: Overflow, scale: ScaleRounding): number {
  view.setFloat32(0, x);
  const bits = view.getUint32(0);
  const exponent = (bits >>> 23) & 0xff;
  if (exponent === 0xff) return NaN;
  const fraction = bits & 0x7fffff;
  const above =
    scale === "up"
      ? fraction > 0
      : scale === "nearest" && fraction >= 0x400000 && (fraction > 0x400000 || exponent > 0);
  if (!above) return 2 ** (exponent - 127);
  if (exponent === 0xfe) return overflow === "saturate" ? 2 ** 127 : NaN;
  return 2 ** (exponent - 126);
}

const view = new DataView(new ArrayBuffer(4));
