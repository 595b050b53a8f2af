// Operators on texts.
import { inputElement, shapeOf } from "./checks.js";
import { defineOp, inputType, shapeError, stringAttr } from "./define.js";
import { binaryOp } from "./families.js";
import type { Node } from "../graph.js";

/** Whether the whole text matches the pattern, which RE2 and JavaScript have to read alike: see `fullMatch`. */
export const regexFullMatch = defineOp({
  name: "RegexFullMatch",
  arity: [1, 1],
  attributes: { pattern: { type: "string", required: true } },
  infer(context) {
    inputElement(context, 0, "string");
    fullMatch(context.node);
    return [{ elem: "bool", shape: inputType(context, 0).shape }];
  },
});

/**
 * The pattern of RegexFullMatch. What JavaScript has and RE2 has not (looking around, backreferences) is refused; so
 * is what only RE2 has.
 */
export function fullMatch(node: Node): RegExp {
  const pattern = stringAttr(node, "pattern");
  const foreign = /\(\?<?[=!]|\\[1-9k]|\[\[?\^?:/.exec(pattern)?.[0];
  if (foreign !== undefined) {
    throw shapeError(node, `the pattern of RegexFullMatch has "${foreign}", which is not supported`);
  }
  try {
    return new RegExp(`^(?:${pattern.replaceAll("(?P<", "(?<")})$`, "u");
  } catch (error) {
    throw shapeError(node, `the pattern of RegexFullMatch cannot be read: ${(error as Error).message}`);
  }
}

/** The texts at one place of two broadcast tensors, joined. */
export const stringConcat = binaryOp("StringConcat", "string");

/** A list of texts, or a matrix of one row, without the stop words, in upper or lower case; one empty text if none is left. */
export const stringNormalizer = defineOp({
  name: "StringNormalizer",
  arity: [1, 1],
  attributes: {
    case_change_action: { type: "string", default: "NONE", oneOf: ["LOWER", "UPPER", "NONE"] },
    is_case_sensitive: { type: "int", default: 0 },
    locale: { type: "string" },
    stopwords: { type: "strings", default: [] },
  },
  infer(context) {
    const { node } = context;
    const elem = inputElement(context, 0, "string");
    localeOf(node);
    const shape = shapeOf(context, 0, 1, 2);
    if (shape?.length === 2 && typeof shape[0] === "number" && shape[0] !== 1) {
      throw shapeError(node, `StringNormalizer takes one row of texts, not ${shape[0]}`);
    }
    return [{ elem, shape: shape && (shape.length === 2 ? [1, null] : [null]) }];
  },
});

/** The language of upper and lower case as JavaScript spells it: `en-US` for `en_US`; none where the file says none. */
export function localeOf(node: Node): string | undefined {
  const locale = node.attrs["locale"] as string | undefined;
  if (!locale) return undefined;
  try {
    return Intl.getCanonicalLocales(locale.replaceAll("_", "-"))[0];
  } catch {
    throw shapeError(node, `${node.op} has the locale "${locale}", which names no language`);
  }
}

/**
 * The parts of every text between delimiters, or between runs of white space, and how many they are. The new last axis is as
 * long as the most parts need, filled up with empty texts. From `maxsplit` cuts on the rest stays whole.
 */
export const stringSplit = defineOp({
  name: "StringSplit",
  arity: [1, 1],
  attributes: { delimiter: { type: "string", default: "" }, maxsplit: { type: "int" } },
  infer(context) {
    const elem = inputElement(context, 0, "string");
    const { shape } = inputType(context, 0);
    return [
      { elem, shape: shape && [...shape, null] },
      { elem: "int64", shape },
    ];
  },
});
