import { fullMatch, intAttr, localeOf, stringAttr, stringsAttr, type Node, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { binary } from "./elementwise.js";
import { outputTypes } from "./tensors.js";

export const regexFullMatch: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  outputTypes(inputs, node);
  const pattern = fullMatch(node);
  return [
    { elem: "bool", dims: x.dims, data: Uint8Array.from(textsOf(x), (text) => Number(pattern.test(text))) },
  ];
};

// The sum of two texts; the elements only pass for numbers.
export const stringConcat = binary(() => (x, y) => x + y);

export const stringNormalizer: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  outputTypes(inputs, node);
  const locale = localeOf(node);
  const sensitive = intAttr(node, "is_case_sensitive") !== 0;
  const plain = (text: string): string => (sensitive ? text : text.toLocaleLowerCase(locale));
  const stopwords = new Set(stringsAttr(node, "stopwords").map(plain));
  const kept = textsOf(x).filter((text) => !stopwords.has(plain(text)));
  const texts =
    kept.length === 0
      ? [""]
      : kept.map((text) => changed(text, stringAttr(node, "case_change_action"), locale));
  return [{ elem: "string", dims: x.dims.length === 2 ? [1, texts.length] : [texts.length], data: texts }];
};

export const stringSplit: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  outputTypes(inputs, node);
  const parts = textsOf(x).map((text) => partsOf(text, node));
  const most = parts.reduce((size, list) => Math.max(size, list.length), 0);
  const filled = parts.flatMap((list) => [...list, ...new Array<string>(most - list.length).fill("")]);
  return [
    { elem: "string", dims: [...x.dims, most], data: filled },
    { elem: "int64", dims: x.dims, data: BigInt64Array.from(parts, (list) => BigInt(list.length)) },
  ];
};

/** The texts between delimiters, or between runs of white space; the last one holds what is left after all cuts. */
function partsOf(text: string, node: Node): string[] {
  const most = (node.attrs["maxsplit"] as number | undefined) ?? Infinity;
  const delimiter = stringAttr(node, "delimiter");
  const parts: string[] = [];
  let rest = delimiter === "" ? text.trimStart() : text;
  if (delimiter === "" && rest === "") return parts;
  while (parts.length < most) {
    const at = delimiter === "" ? rest.search(/\s/) : rest.indexOf(delimiter);
    if (at < 0) break;
    parts.push(rest.slice(0, at));
    rest = delimiter === "" ? rest.slice(at).trimStart() : rest.slice(at + delimiter.length);
    // White space at the end separates nothing.
    if (delimiter === "" && rest === "") return parts;
  }
  return [...parts, rest];
}

function changed(text: string, action: string, locale: string | undefined): string {
  if (action === "NONE") return text;
  return action === "LOWER" ? text.toLocaleLowerCase(locale) : text.toLocaleUpperCase(locale);
}

function textsOf(t: Tensor): readonly string[] {
  return t.data as readonly string[];
}
