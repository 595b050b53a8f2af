// Scan: opset 9 dropped the batch axis and the lengths. A Scan over a batch is one over samples whose body is the Scan.
import { attribute, unsupportedUse, without, type Upgrade } from "./upgrade.js";
import { invalid } from "../attributes.js";
import type { AttributeProto, GraphProto } from "../proto.js";
import type { RawAttr, RawNode } from "../raw-node.js";

export const scan: Upgrade = (raw) => {
  if (raw.origin.opset >= 9) return [raw];
  const [lengths, ...inputs] = raw.inputs;
  if (lengths) {
    throw unsupportedUse(
      raw,
      "Scan has sequence_lens, so that samples end early",
      "export the model in opset 9 or later",
    );
  }
  const body = attribute(raw, "body", "graph");
  const count = attribute(raw, "num_scan_inputs", "int");
  if (!body || !count) throw invalid(raw.origin, 'Scan needs the attributes "body" and "num_scan_inputs"');
  // Directions are those of time, inside; axis 1 of the batch is axis 0 of a sample.
  const directions = attribute(raw, "directions", "ints");
  const inner: RawNode["attrs"] = new Map<string, RawAttr>([
    ...without(raw.attrs, "directions"),
    ...(directions ? [["scan_input_directions", directions] as const] : []),
  ]);
  return [{ ...raw, inputs, attrs: overSamples(raw, inner, body.value, inputs.length, body.around) }];
};

/** The attributes of a Scan over samples; its body is one node, the Scan of each. */
function overSamples(
  raw: RawNode,
  inner: RawNode["attrs"],
  body: GraphProto,
  inputs: number,
  around: Extract<RawAttr, { kind: "graph" }>["around"],
): RawNode["attrs"] {
  const names = (what: string, size: number): string[] =>
    Array.from({ length: size }, (_, i) => `${raw.id}/sample/${what}${i}`);
  const [ins, outs] = [names("input", inputs), names("output", raw.outputs.length)];
  const attributes: AttributeProto[] = [...inner].flatMap(([name, attr]): AttributeProto[] => {
    if (attr.kind === "graph") return [{ name, type: 5, g: body }];
    if (attr.kind === "int") return [{ name, type: 2, i: Number(attr.value) }];
    return attr.kind === "ints" ? [{ name, type: 7, ints: attr.value.map(Number) }] : [];
  });
  const graph: GraphProto = {
    name: `${raw.id}/sample`,
    input: ins.map((name) => ({ name })),
    output: outs.map((name) => ({ name })),
    node: [{ name: `${raw.id}/sample`, opType: "Scan", input: ins, output: outs, attribute: attributes }],
  };
  // The inner Scan is of opset 9, and so is its body then: BatchNormalization with `spatial` and Upsample, the only
  // operators that opset 9 changed besides, are refused in it.
  const newer = { ...around, opsets: new Map([...around.opsets, ["", 9]]) };
  return new Map<string, RawAttr>([
    ["body", { kind: "graph", value: graph, around: newer }],
    ["num_scan_inputs", { kind: "int", value: BigInt(inputs) }],
  ]);
}
