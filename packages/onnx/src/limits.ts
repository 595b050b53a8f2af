// How large a model may be. The limits keep a hostile file of a few bytes from taking all memory or the stack.

/** The limits of one import; every one may be raised by the caller. */
export interface ImportLimits {
  /** Bytes of the model file; protobuf itself ends at 2 GiB. */
  readonly bytes: number;
  /** Messages inside messages: a tensor in an attribute of a node is the fifth level. */
  readonly depth: number;
  /** Nodes of the graph. */
  readonly nodes: number;
  /** Elements of any one tensor, stored or computed. */
  readonly elements: number;
  /**
   * What decoding makes objects of: texts and numbers outside `raw_data` count one each, four floats together one,
   * a message eight. Weights in `raw_data` are not counted: they are never copied while decoding.
   */
  readonly items: number;
}

export const defaultLimits: ImportLimits = Object.freeze({
  bytes: 2 ** 31,
  depth: 64,
  nodes: 200_000,
  elements: 2 ** 31,
  items: 2 ** 23,
});

/** Axes of a tensor: no real one has more, and lists of axes are copied often. */
export const maxRank = 64;

/** Inputs of one node: Concat has many, but not this many. */
export const maxNodeInputs = 10_000;

/** Tensors in other files: their bytes all enter the digest. */
export const maxExternalTensors = 50_000;
