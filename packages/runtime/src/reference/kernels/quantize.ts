// From real numbers to the elements of a type, saturating: what the quantizing operators are made of.
import { isFloat, type ElementType } from "@mpplan/ir";
import { converter, integerLimits, type Element } from "./convert.js";

/** Rounds half to even, as ONNX's quantizing operators do. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The nearest element of a type, saturating; NaN becomes 0 in an integer type. */
export function roundedTo(elem: ElementType, saturate = true): (x: number) => Element {
  const convert = converter("float64", elem, { saturate });
  if (isFloat(elem)) return convert;
  if (elem === "bool" || elem.endsWith("64")) return (x) => convert(roundHalfEven(x));
  const [low, high] = integerLimits(elem).map(Number) as [number, number];
  return (x) => (Number.isNaN(x) ? 0 : Math.min(Math.max(roundHalfEven(x), low), high));
}
