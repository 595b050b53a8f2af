// Bytes of an .onnx file -> Graph: the newest ONNX only, types filled in, nothing kept that the IR does not say.
// Decoding and checking bytes, tensors, attributes and older opsets are files of their own; here they meet.
import { withoutOwnNotes } from "./annotate.js";
import {
  describeNode,
  ByteDigest,
  digestOf,
  isBody,
  isTensorType,
  noOperands,
  ops,
  quote,
  typed,
  typeOf,
  valueType,
  type Attrs,
  type Body,
  type Graph,
  type Node,
  type OpDefinition,
  type OpName,
  type ValueId,
  type ValueType,
} from "@mpplan/ir";
import { checkAttributes, readAttributes } from "./attributes.js";
import { constantOf } from "./constant-node.js";
import { define, defineAlias, resolve, startDraft, upgradeContext, type Draft } from "./draft.js";
import { ImportError, invalidModel } from "./errors.js";
import { externalReader, type ExternalData } from "./external-files.js";
import { defaultLimits, maxGraphValues, maxNodeInputs, type ImportLimits } from "./limits.js";
import { fileNodes, inside, operatorKey, type FileNode, type Surroundings } from "./functions.js";
import { functionDefaults } from "./function-defaults.js";
import { checkModel, checkOperators, scopeOf } from "./model-facts.js";
import { unique } from "./node-ids.js";
import { originsIn } from "./origins.js";
import {
  decodeModel,
  type GraphProto,
  type ModelProto,
  type TensorProto,
  type ValueInfoProto,
} from "./proto.js";
import type { RawNode } from "./raw-node.js";
import { describeTensor, readTensor } from "./tensors.js";
import { upgrades } from "./upgrades/index.js";
import { validate } from "./validate.js";
import { checkSize, inputTypeOf, refine, typeFrom } from "./value-types.js";
import { broken } from "./wire.js";

export interface ImportOptions {
  /** The graph's name; else that in the file. */
  readonly name?: string;
  /**
   * Reads files next to the model, for tensors that are stored there. The location has been checked to be a
   * relative path without `..`; who reads the file has to see to symbolic links.
   */
  readonly externalData?: ExternalData;
  /**
   * True where nobody changes `bytes` any more: tensors are then views of them where their place allows it, and a
   * large model is held once. Default: every tensor is a copy.
   */
  readonly keepBytes?: boolean;
  readonly limits?: Partial<ImportLimits>;
}

/**
 * Reads an ONNX model, of opset 1 to 28, all of whose operators the IR has.
 * @throws ImportError, IrError; nothing else, whatever the bytes are.
 *
 * @example
 * const graph = importOnnx(new Uint8Array(readFileSync("model.onnx")));
 * console.log(graph.nodes.map((node) => node.op)); // ["Flatten", "Gemm", "Relu", "Gemm"]
 */
export function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): Graph {
  const limits = { ...defaultLimits, ...options.limits };
  validate(bytes, limits);
  const model = decode(bytes);
  const { graph, opsets } = checkModel(model);
  const scope = scopeOf(model, opsets, functionDefaults(bytes), limits);
  const nodes = fileNodes(graph.node ?? [], scope);
  checkOperators(originsIn(nodes, scope));

  const digest = new ByteDigest();
  for (const piece of withoutOwnNotes(bytes)) digest.add(piece);
  const external = externalReader(options.externalData, digest, options.keepBytes);
  const parts = readGraph(startDraft(graph, nodes, scope, external), graph, nodes);
  return { ...parts, name: options.name ?? (graph.name || "model"), digest: digest.finish() };
}

/** All of a graph but what only the file as a whole can say. */
function readGraph(
  draft: Draft,
  graph: GraphProto,
  nodes: readonly FileNode[],
  fed: readonly (ValueType | null)[] = [],
): Omit<Graph, "name" | "digest"> {
  for (const initializer of graph.initializer ?? []) addInitializer(draft, initializer);
  const inputs = (graph.input ?? []).flatMap((input, i) => addInput(draft, input, fed[i] ?? null));
  checkCount("inputs that have to be fed", inputs.length);
  for (const { proto, origin, around } of nodes) {
    addFileNode(draft, {
      id: origin.name,
      op: operatorKey(origin.domain, origin.opType),
      inputs: (proto.input ?? []).map((id) => (id === "" ? null : resolve(draft, id, origin))),
      outputs: withoutTrailing(proto.output ?? [], ""),
      attrs: readAttributes(proto, origin, {
        tensor: (tensor, where) => readTensor(tensor, where, draft.limits, draft.external),
        type: (type, where) => typeFrom(type, where, draft.limits),
        around,
      }),
      origin,
    });
  }
  const outputs = outputsOf(draft, graph);
  return { inputs, outputs, nodes: draft.nodes, values: draft.values, operands: noOperands };
}

/** A graph inside a node; `captures` collects what it reads of the graph around it. */
function readBody(
  parent: Draft,
  owner: RawNode,
  proto: GraphProto,
  around: Surroundings,
  captures: Map<ValueId, number>,
  fed: readonly (ValueType | null)[],
): Body {
  const nodes = fileNodes(proto.node ?? [], parent.scope, inside(around, owner.origin, parent.limits));
  const draft = startDraft(proto, nodes, parent.scope, parent.external, parent);
  const parts = readGraph(draft, proto, nodes, fed);
  const outer = [...draft.captured.keys()];
  for (const id of outer) if (!captures.has(id)) captures.set(id, captures.size);
  return {
    graph: {
      ...parts,
      inputs: [...parts.inputs, ...draft.captured.values()],
      name: proto.name || owner.id,
      digest: digestOf(new TextEncoder().encode(`${owner.id}/${proto.name ?? ""}`)),
    },
    captured: outer.map((id) => captures.get(id)!),
  };
}

function decode(bytes: Uint8Array): ModelProto {
  try {
    return decodeModel(bytes);
  } catch (error) {
    throw broken(0, error instanceof Error ? error.message : String(error));
  }
}

function addInitializer(draft: Draft, proto: TensorProto): void {
  const where = describeTensor(proto);
  const constant = readTensor(proto, where, draft.limits, draft.external);
  define(draft, { id: proto.name ?? "", type: typeOf(constant), constant }, where);
}

/** The ids of what has to be fed; an initializer that is listed as an input, as IR version 3 asks, is none. */
function addInput(draft: Draft, info: ValueInfoProto, fed: ValueType | null): ValueId[] {
  const id = info.name ?? "";
  const where = `the input ${quote(id)} of the graph`;
  // A body may leave its inputs without types: what feeds them has one.
  const type = draft.parent && !info.type ? fed : inputTypeOf(info, where, draft.limits);
  const constant = draft.values.get(id)?.constant;
  if (!constant || !type) {
    define(draft, { id, ...(type ? typed(type) : { type }) }, where);
    return [id];
  }
  const fits =
    isTensorType(type) &&
    type.elem === constant.elem &&
    (!type.shape ||
      (type.shape.length === constant.dims.length &&
        type.shape.every((dim, axis) => typeof dim !== "number" || dim === constant.dims[axis])));
  if (!fits) throw invalidModel("The input is declared with another type than its initializer has", where);
  return [];
}

/** A node of the file: a constant, or nodes of the newest ONNX. */
function addFileNode(draft: Draft, raw: RawNode): void {
  if (raw.op === "Constant") {
    const constant = constantOf(raw);
    define(draft, { id: onlyOutput(raw), type: typeOf(constant), constant }, describeNode(raw));
    return;
  }
  const upgrade = Object.hasOwn(upgrades, raw.op) ? upgrades[raw.op as keyof typeof upgrades] : undefined;
  for (const each of upgrade ? upgrade(raw, upgradeContext(draft, raw)) : [raw]) addNode(draft, each);
}

function addNode(draft: Draft, raw: RawNode): void {
  const definition: OpDefinition = ops[raw.op as OpName];
  const inputs = withoutTrailing(raw.inputs, null);
  const [least, most] = definition.arity;
  if (inputs.length < least || inputs.length > most || inputs.slice(0, least).includes(null)) {
    const needs =
      least === most ? `${least}` : most === Infinity ? `${least} or more` : `${least} to ${most}`;
    const given = inputs.filter((id) => id !== null).length;
    throw invalidModel(`${raw.op} takes ${needs} inputs, but ${given} are given`, describeNode(raw));
  }
  if (inputs.length > maxNodeInputs)
    throw invalidModel(`${raw.op} has ${inputs.length} inputs`, describeNode(raw));
  if (raw.outputs.length === 0) throw invalidModel(`${raw.op} has no output`, describeNode(raw));
  const captures = new Map<ValueId, number>();
  const given = inputs.map((id) => (id === null ? null : valueType(draft.values.get(id)!)));
  const fed = definition.feeds?.(given) ?? [];
  const attrs = checkAttributes(raw, definition.attributes, (proto, around) =>
    readBody(draft, raw, proto, around, captures, fed),
  );
  if (raw.op === "Identity" && !draft.graphOutputs.has(onlyOutput(raw))) {
    defineAlias(draft, onlyOutput(raw), inputs[0]!, describeNode(raw));
    return;
  }
  const node: Node = {
    id: raw.id,
    op: raw.op as OpName,
    inputs: [...inputs, ...captures.keys()],
    outputs: raw.outputs.map((id, index) => id || unique(`${raw.id}/output${index}`, draft.valueNames)),
    attrs: captures.size === 0 ? attrs : placed(attrs, inputs.length),
    origin: raw.origin,
  };
  const values = node.inputs.map((id) => (id === null ? null : draft.values.get(id)!));
  const types = definition.infer({ node, inputs: values });
  const sure = values.every((value) => value === null || valueType(value) !== null);
  if (types.length < node.outputs.length) {
    const what = `${raw.op} has ${types.length} outputs, but ${node.outputs.length} are named`;
    throw invalidModel(what, describeNode(raw));
  }
  node.outputs.forEach((id, index) => {
    const type = refine(types[index]!, draft.declared.get(id), id, raw, sure);
    if (type && isTensorType(type)) checkSize(type, describeNode(raw), draft.limits);
    define(draft, { id, ...(type ? typed(type) : { type }) }, describeNode(raw));
  });
  draft.nodes.push(node);
}

function checkCount(what: string, count: number): void {
  if (count <= maxGraphValues) return;
  throw new ImportError("limit", {
    what: `The graph has ${count} ${what}; the limit is ${maxGraphValues}`,
    where: "the graph",
    next: "combine them in the model, or split the model",
  });
}

/** The captured inputs of the bodies counted from the node's own inputs on. */
function placed(attrs: Attrs, own: number): Attrs {
  return Object.fromEntries(
    Object.entries(attrs).map(([name, value]) => [
      name,
      isBody(value) ? { ...value, captured: value.captured.map((index) => own + index) } : value,
    ]),
  );
}

function outputsOf(draft: Draft, graph: GraphProto): ValueId[] {
  const outputs = (graph.output ?? []).map((output) => output.name ?? "");
  checkCount("outputs", outputs.length);
  if (draft.parent) {
    // A body may yield a value of the graph around it, or one value twice.
    return outputs.map((id) => resolve(draft, id, { name: id, opType: "output", domain: "", opset: 0 }));
  }
  if (outputs.length === 0) throw invalidModel("The graph has no outputs", "the graph");
  for (const id of outputs) {
    if (!draft.values.has(id))
      throw invalidModel(`No node computes the output ${quote(id)}`, "the outputs of the graph");
  }
  if (new Set(outputs).size < outputs.length) {
    throw invalidModel("An output is listed twice", "the outputs of the graph");
  }
  return outputs;
}

function onlyOutput(raw: RawNode): ValueId {
  const [first, second] = raw.outputs;
  if (first && second === undefined) return first;
  throw invalidModel(`${raw.op} has one output, but ${raw.outputs.length} are named`, describeNode(raw));
}

function withoutTrailing<T>(list: readonly T[], omitted: T): T[] {
  let length = list.length;
  while (length > 0 && list[length - 1] === omitted) length--;
  return list.slice(0, length);
}
