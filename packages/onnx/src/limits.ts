// How large a model may be, and the error for one that is larger. The limits keep a hostile file of a few bytes from taking all memory or the stack.
import { ImportError } from "./errors.js";

/** The limits of one import; every one may be raised by the caller. */
export interface ImportLimits {
  /** Bytes of the model file; protobuf itself ends at 2 GiB. */
  readonly bytes: number;
  /**
   * Messages inside messages: a tensor in an attribute of a node is the fifth level. Also graphs inside nodes and calls
   * of functions inside one another.
   */
  readonly depth: number;
  /** Nodes of the graph, calls of functions replaced by theirs, bodies counted. */
  readonly nodes: number;
  /**
   * What replacing calls of functions by their nodes makes: every call, node, input, output, attribute and number of a
   * list counts one, a new name or a text one and another one for every 64 characters.
   */
  readonly inlined: number;
  /** Elements of any one tensor, stored or computed. */
  readonly elements: number;
  /** Bytes of all stored tensors together, as they are held. */
  readonly weightBytes: number;
  /** Bytes of any one text: a name, a note, an attribute. */
  readonly textBytes: number;
  /**
   * What decoding makes objects of: texts and integers of lists count one each, four floats together one, a message
   * eight. Numbers of tensors go into typed arrays and count a 32nd part of that; `raw_data` counts nothing.
   */
  readonly items: number;
}

export const defaultLimits: ImportLimits = Object.freeze({
  bytes: 2 ** 31,
  depth: 64,
  nodes: 200_000,
  inlined: 2 ** 21,
  elements: 2 ** 31,
  weightBytes: 2 ** 34,
  textBytes: 2 ** 24,
  items: 2 ** 23,
});

/** Axes of a tensor: no real one has more, and lists of axes are copied often. */
export const maxRank = 64;

/** Inputs of one node: Concat has many, but not this many. */
export const maxNodeInputs = 10_000;

/** Inputs that a graph is fed, and outputs that it has. */
export const maxGraphValues = 10_000;

/** Refuses a file by its size alone, before it is read. @throws ImportError `limit`. */
export function checkFileSize(bytes: number, limits: Partial<ImportLimits> = {}): void {
  const all = { ...defaultLimits, ...limits };
  if (bytes > all.bytes) throw tooMuch(`The file has ${bytes} bytes`, "bytes", all, "the whole file");
}

/** The error for what goes past a limit; `what` states the size. */
export function tooMuch(
  what: string,
  limit: keyof ImportLimits,
  limits: ImportLimits,
  where: string,
): ImportError {
  return new ImportError("limit", {
    what: `${what}; the limit is ${limits[limit]}`,
    where,
    next: `if the file is to be trusted, raise the import's limits.${limit}`,
  });
}
