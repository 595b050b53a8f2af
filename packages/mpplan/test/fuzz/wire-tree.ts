// A model file as a tree of protobuf fields, to be changed and written again with lengths that fit.
import { messages, type MessageName } from "../../../onnx/src/messages.js";
import { concat, encodeHead, encodeVarint, fields, WireType } from "../../../onnx/src/wire.js";

/** One field. A message has children; anything else has the bytes of its value, as they stand in the file. */
export interface Branch {
  number: number;
  wireType: number;
  value: Uint8Array;
  children: Branch[] | null;
}

/** The fields of a message in bytes[start, end); known messages are parsed all the way down. */
export function parseTree(bytes: Uint8Array, message: MessageName = "ModelProto"): Branch[] {
  return [...fields(bytes)].map(({ number, wireType, valueStart, end }): Branch => {
    const kind = messages[message][number];
    const value = bytes.subarray(valueStart, end);
    const children = typeof kind === "object" ? parseTree(value, kind.message) : null;
    return { number, wireType, value, children };
  });
}

export function printTree(branches: readonly Branch[]): Uint8Array {
  return concat(
    branches.map(({ number, wireType, value, children }) => {
      const body = children ? printTree(children) : value;
      const head =
        wireType === WireType.bytes
          ? encodeHead(number, body.length)
          : Uint8Array.from(encodeVarint(number * 8 + wireType));
      return concat([head, body]);
    }),
  );
}

/** Every list of fields in the tree, the outermost included. */
export function* listsOf(branches: Branch[]): Generator<Branch[]> {
  yield branches;
  for (const { children } of branches) if (children) yield* listsOf(children);
}
