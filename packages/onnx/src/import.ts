// Bytes of an .onnx file -> Graph: the newest ONNX only, types filled in, nothing kept that the IR does not say.
// Decoding and checking bytes, tensors, attributes and older opsets are files of their own; here they meet.
import {
  describeNode,
  digestOf,
  noOperands,
  ops,
  tensor,
  typeOf,
  type Dim,
  type Graph,
  type Node,
  type OpName,
  type Origin,
  type Tensor,
  type TensorType,
  type Value,
  type ValueId,
} from "@mpplan/ir";
import { checkAttributes, invalid, readAttributes } from "./attributes.js";
import { ImportError, quote } from "./errors.js";
import { externalReader, type ExternalReader } from "./external-data.js";
import { defaultLimits, type ImportLimits } from "./limits.js";
import { checkModel, checkOperators, originsOf } from "./model-facts.js";
import { unique } from "./node-ids.js";
import { decodeModel, has, toBigInt, type GraphProto, type ModelProto, type TensorProto, type ValueInfoProto } from "./proto.js";
import type { RawAttr, RawNode } from "./raw-node.js";
import { describeTensor, elementType, readTensor } from "./tensors.js";
import { upgrades } from "./upgrades/index.js";
import type { UpgradeContext } from "./upgrades/upgrade.js";
import { validate } from "./validate.js";
import { broken } from "./wire.js";

export interface ImportOptions {
  /** The graph's name; else that in the file. */
  readonly name?: string;
  /**
   * Reads a file next to the model, for tensors that are stored there. The location has been checked to be a
   * relative path without `..`; the function has to see to symbolic links.
   */
  readonly externalData?: (location: string) => Uint8Array;
  readonly limits?: Partial<ImportLimits>;
}

/** What is built while the nodes are read. */
interface Draft {
  readonly limits: ImportLimits;
  readonly external: ExternalReader;
  readonly values: Map<ValueId, Value>;
  readonly nodes: Node[];
  /** Values that are another one by a new name: outputs of Identity and Dropout. */
  readonly aliases: Map<ValueId, ValueId>;
  /** Types that the file states; they fill in what cannot be worked out. */
  readonly declared: ReadonlyMap<ValueId, TensorType>;
  /** What some node or the graph's outputs read. */
  readonly read: ReadonlySet<ValueId>;
  readonly graphOutputs: ReadonlySet<ValueId>;
  /** What nodes compute, to tell a late value from a missing one. */
  readonly computed: ReadonlySet<ValueId>;
  readonly valueNames: Set<string>;
  readonly nodeNames: Set<string>;
}

/**
 * Reads an ONNX model, of opset 7 to 28, all of whose operators the IR has.
 * @throws ImportError, IrError; nothing else, whatever the bytes are.
 *
 * @example
 * const graph = importOnnx(new Uint8Array(readFileSync("model.onnx")));
 * console.log(graph.nodes.map((node) => node.op)); // ["Flatten", "Gemm", "Relu", "Gemm"]
 */
export function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): Graph {
  const limits = { ...defaultLimits, ...options.limits };
  validate(bytes, limits);
  const { graph, opset } = checkModel(decode(bytes));
  const origins = originsOf(graph, opset);
  checkOperators(origins);

  const draft = startDraft(graph, origins, limits, externalReader(options.externalData));
  for (const initializer of graph.initializer ?? []) addInitializer(draft, initializer);
  const inputs = (graph.input ?? []).flatMap((input) => addInput(draft, input));
  (graph.node ?? []).forEach((node, index) => {
    const origin = origins[index]!;
    addFileNode(draft, {
      id: origin.name,
      op: origin.opType,
      inputs: (node.input ?? []).map((id) => (id === "" ? null : resolve(draft, id, origin))),
      outputs: withoutTrailing(node.output ?? [], ""),
      attrs: readAttributes(node, origin, (proto, where) => readTensor(proto, where, limits, draft.external)),
      origin,
    });
  });
  return {
    name: options.name ?? (graph.name || "model"),
    digest: digestOf(bytes, ...draft.external.parts),
    inputs,
    outputs: outputsOf(draft, graph),
    nodes: draft.nodes,
    values: draft.values,
    operands: noOperands,
  };
}

function decode(bytes: Uint8Array): ModelProto {
  try {
    return decodeModel(bytes);
  } catch (error) {
    throw broken(0, error instanceof Error ? error.message : String(error));
  }
}

function startDraft(
  graph: GraphProto,
  origins: readonly Origin[],
  limits: ImportLimits,
  external: ExternalReader,
): Draft {
  const outputs = (graph.output ?? []).map((output) => output.name ?? "");
  const computed = new Set((graph.node ?? []).flatMap((node) => node.output ?? []));
  const read = new Set([...(graph.node ?? []).flatMap((node) => node.input ?? []), ...outputs]);
  const stated = [...(graph.input ?? []), ...(graph.initializer ?? [])].map((each) => each.name ?? "");
  const declared = new Map<ValueId, TensorType>();
  for (const info of [...(graph.valueInfo ?? []), ...(graph.output ?? [])]) {
    const type = declaredType(info, limits);
    if (type) declared.set(info.name ?? "", type);
  }
  return {
    limits,
    external,
    values: new Map(),
    nodes: [],
    aliases: new Map(),
    declared,
    read,
    graphOutputs: new Set(outputs),
    computed,
    valueNames: new Set([...computed, ...read, ...stated]),
    nodeNames: new Set(origins.map((origin) => origin.name)),
  };
}

function addInitializer(draft: Draft, proto: TensorProto): void {
  const where = describeTensor(proto);
  const constant = readTensor(proto, where, draft.limits, draft.external);
  define(draft, { id: proto.name ?? "", type: typeOf(constant), constant }, where);
}

/** The ids of what has to be fed; an initializer that is listed as an input, as IR version 3 asks, is none. */
function addInput(draft: Draft, info: ValueInfoProto): ValueId[] {
  const id = info.name ?? "";
  const where = `the input ${quote(id)} of the graph`;
  const type = inputTypeOf(info, where, draft.limits);
  const constant = draft.values.get(id)?.constant;
  if (!constant) {
    define(draft, { id, type }, where);
    return [id];
  }
  const fits =
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
  const upgrade = Object.hasOwn(upgrades, raw.op) ? upgrades[raw.op as OpName] : undefined;
  for (const each of upgrade ? upgrade(raw, upgradeContext(draft, raw)) : [raw]) addNode(draft, each);
}

function addNode(draft: Draft, raw: RawNode): void {
  const definition = ops[raw.op as OpName];
  const inputs = withoutTrailing(raw.inputs, null);
  const [least, most] = definition.arity;
  if (inputs.length < least || inputs.length > most || inputs.slice(0, least).includes(null)) {
    const needs = least === most ? `${least}` : most === Infinity ? `${least} or more` : `${least} to ${most}`;
    const given = inputs.filter((id) => id !== null).length;
    throw invalidModel(`${raw.op} takes ${needs} inputs, but ${given} are given`, describeNode(raw));
  }
  if (raw.outputs.length === 0) throw invalidModel(`${raw.op} has no output`, describeNode(raw));
  const attrs = checkAttributes(raw, definition.attributes);
  if (raw.op === "Identity" && !draft.graphOutputs.has(onlyOutput(raw))) {
    if (draft.values.has(onlyOutput(raw)) || draft.aliases.has(onlyOutput(raw))) throw twice(onlyOutput(raw), raw);
    draft.aliases.set(onlyOutput(raw), inputs[0]!);
    return;
  }
  const node: Node = {
    id: raw.id,
    op: definition.name,
    inputs,
    outputs: raw.outputs.map((id, index) => id || unique(`${raw.id}/output${index}`, draft.valueNames)),
    attrs,
    origin: raw.origin,
  };
  const types = definition.infer({ node, inputs: inputs.map((id) => (id === null ? null : draft.values.get(id)!)) });
  if (types.length < node.outputs.length) {
    const what = `${raw.op} has ${types.length} outputs, but ${node.outputs.length} are named`;
    throw invalidModel(what, describeNode(raw));
  }
  node.outputs.forEach((id, index) => {
    const type = refine(types[index]!, draft.declared.get(id), id, raw);
    checkSize(type, describeNode(raw), draft.limits);
    if (draft.aliases.has(id)) throw twice(id, raw);
    define(draft, { id, type }, describeNode(raw));
  });
  draft.nodes.push(node);
}

/** The tensor of a Constant node, in whichever of its forms. */
function constantOf(raw: RawNode): Tensor {
  const given = [...raw.attrs];
  const [entry] = given;
  if (!entry || given.length !== 1 || raw.inputs.length > 0) {
    throw invalid(raw.origin, `A Constant has one attribute and no inputs; this one has ${given.length} attributes`);
  }
  const [name, attr] = entry;
  const value = constantForm(name, attr);
  if (value) return value;
  if (["sparse_value", "value_string", "value_strings"].includes(name)) {
    throw new ImportError("unsupported-type", {
      what: `A Constant holds a ${name}, which mpplan does not read`,
      where: describeNode(raw),
      next: "store the constant as a dense tensor of numbers",
    });
  }
  throw invalid(raw.origin, `Constant has no attribute ${quote(name)} of type ${attr.kind}`);
}

function constantForm(name: string, attr: RawAttr): Tensor | null {
  if (name === "value" && attr.kind === "tensor") return attr.value;
  if (name === "value_float" && attr.kind === "float") return tensor("float32", [], Float32Array.of(attr.value));
  if (name === "value_int" && attr.kind === "int") return tensor("int64", [], BigInt64Array.of(attr.value));
  if (name === "value_floats" && attr.kind === "floats") {
    return tensor("float32", [attr.value.length], Float32Array.from(attr.value));
  }
  if (name === "value_ints" && attr.kind === "ints") {
    return tensor("int64", [attr.value.length], BigInt64Array.from(attr.value));
  }
  return null;
}

function upgradeContext(draft: Draft, raw: RawNode): UpgradeContext {
  const input = (index: number): Value | undefined => {
    const id = raw.inputs[index];
    return id == null ? undefined : draft.values.get(id);
  };
  const value = (name: string): ValueId => unique(`${raw.id}/${name}`, draft.valueNames);
  return {
    inputType: (index) => input(index)?.type ?? null,
    inputConstant: (index) => input(index)?.constant,
    isRead: (index) => draft.read.has(raw.outputs[index] ?? "") && raw.outputs[index] !== "",
    value,
    node: (name) => unique(`${raw.id}/${name}`, draft.nodeNames),
    constant: (name, constant) => {
      const id = value(name);
      define(draft, { id, type: typeOf(constant), constant }, describeNode(raw));
      return id;
    },
  };
}

/** The value that a name stands for. @throws ImportError where nothing before has defined it. */
function resolve(draft: Draft, name: string, origin: Origin): ValueId {
  const id = draft.aliases.get(name) ?? name;
  if (draft.values.has(id)) return id;
  const what = draft.computed.has(name)
    ? `The value ${quote(name)} is computed only after this node: the nodes are not sorted`
    : `The value ${quote(name)} is neither an input, nor an initializer, nor computed by any node`;
  throw invalidModel(what, describeNode({ origin }));
}

function define(draft: Draft, value: Value, where: string): void {
  if (value.id === "") throw invalidModel("A value has no name", where);
  if (draft.values.has(value.id)) throw invalidModel(`The value ${quote(value.id)} is defined twice`, where);
  draft.values.set(value.id, value);
}

function outputsOf(draft: Draft, graph: GraphProto): ValueId[] {
  const outputs = (graph.output ?? []).map((output) => output.name ?? "");
  if (outputs.length === 0) throw invalidModel("The graph has no outputs", "the graph");
  for (const id of outputs) {
    if (!draft.values.has(id)) throw invalidModel(`No node computes the output ${quote(id)}`, "the outputs of the graph");
  }
  if (new Set(outputs).size < outputs.length) {
    throw invalidModel("An output is listed twice", "the outputs of the graph");
  }
  return outputs;
}

/** The inferred type, with what it leaves open filled in from the file. */
function refine(inferred: TensorType, declared: TensorType | undefined, id: ValueId, raw: RawNode): TensorType {
  if (!declared) return inferred;
  if (declared.elem !== inferred.elem) {
    const what = `The value ${quote(id)} is declared as ${declared.elem}, but ${raw.op} yields ${inferred.elem}`;
    throw invalidModel(what, describeNode(raw));
  }
  if (!inferred.shape) return declared;
  const stated = declared.shape;
  if (stated?.length !== inferred.shape.length) return inferred;
  return { elem: inferred.elem, shape: inferred.shape.map((dim, axis) => dim ?? stated[axis] ?? null) };
}

/** The type of a graph input. @throws ImportError for anything but a tensor of a known element type. */
function inputTypeOf(info: ValueInfoProto, where: string, limits: ImportLimits): TensorType {
  const proto = info.type?.tensorType;
  if (!proto) {
    throw new ImportError("unsupported-type", {
      what: "The input is not a tensor: it is a sequence, a map, sparse, or has no type",
      where,
      next: "export the model with tensors as its inputs",
    });
  }
  const elem = elementType(proto.elemType ?? 0, where);
  if (!has(proto, "shape")) return { elem, shape: null };
  const shape = (proto.shape?.dim ?? []).map((dim): Dim => {
    if (!has(dim, "dimValue")) return dim.dimParam || null;
    const size = toBigInt(dim.dimValue);
    // Some exporters write -1 for a size that they do not know.
    if (size === -1n) return null;
    if (size < 0n || size > 2n ** 53n) throw invalidModel(`A tensor has the dimension ${size}`, where);
    return Number(size);
  });
  const type = { elem, shape };
  checkSize(type, where, limits);
  return type;
}

/** A type that the file states as a hint; one that makes no sense is no hint. */
function declaredType(info: ValueInfoProto, limits: ImportLimits): TensorType | null {
  try {
    return inputTypeOf(info, "", limits);
  } catch (error) {
    if (error instanceof ImportError) return null;
    throw error;
  }
}

function checkSize({ shape }: TensorType, where: string, limits: ImportLimits): void {
  const known = (shape ?? []).filter((dim) => typeof dim === "number");
  if (known.includes(0) || known.reduce((product, dim) => product * dim, 1) <= limits.elements) return;
  throw new ImportError("limit", {
    what: `A value of dims [${known.join(", ")}] has more than ${limits.elements} elements`,
    where,
    next: "correct the sizes in the model, or raise the import's limits.elements",
  });
}

function onlyOutput(raw: RawNode): ValueId {
  const [first, second] = raw.outputs;
  if (first && second === undefined) return first;
  throw invalidModel(`${raw.op} has one output, but ${raw.outputs.length} are named`, describeNode(raw));
}

function twice(id: ValueId, raw: RawNode): ImportError {
  return invalidModel(`The value ${quote(id)} is defined twice`, describeNode(raw));
}

function withoutTrailing<T>(list: readonly T[], omitted: T): T[] {
  let length = list.length;
  while (length > 0 && list[length - 1] === omitted) length--;
  return list.slice(0, length);
}

function invalidModel(what: string, where: string): ImportError {
  return new ImportError("invalid-model", { what, where, next: "correct the model, or export it again" });
}
