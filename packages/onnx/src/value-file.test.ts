import { expect, test } from "vitest";
import type { ValueType } from "@mpplan/ir";
import { thrown } from "../test/model-builder.js";
import { concat, encodeField } from "./wire.js";
import { readValueProto } from "./value-file.js";

const sequence: ValueType = { kind: "sequence", of: { elem: "float32", shape: null } };
const map: ValueType = { kind: "map", key: "int64", of: { elem: "float32", shape: [] } };

/** A TensorProto of one float32: dims [1], type 1, raw data. */
const one = (x: number): Uint8Array =>
  concat([Uint8Array.of(8, 1, 16, 1), encodeField(9, new Uint8Array(Float32Array.of(x).buffer))]);
/** A SequenceProto of such tensors. */
const list = (...numbers: number[]): Uint8Array => concat(numbers.map((x) => encodeField(3, one(x))));

test("the tensors of a sequence count together", () => {
  const bytes = list(1, 2, 3);
  const { items } = readValueProto(bytes, sequence, { weightBytes: 12 }) as unknown as {
    items: { data: object }[];
  };
  expect(items.map(({ data }) => data)).toEqual([1, 2, 3].map((x) => Float32Array.of(x)));
  expect(thrown(() => readValueProto(bytes, sequence, { weightBytes: 11 })).message).toContain(
    "12 bytes; the limit is 11",
  );
  expect(thrown(() => readValueProto(bytes, sequence, { items: 23 })).message).toContain(
    "The value has too many items to decode; the limit is 23",
  );
});

test("a map has a value for each of its keys, packed or one by one, and texts that are texts", () => {
  const values = encodeField(5, list(0.5, 2));
  const keys = [concat([encodeField(3, Uint8Array.of(7, 1))]), Uint8Array.of(24, 7, 24, 1)];
  for (const each of keys) {
    expect(readValueProto(concat([each, values]), map)).toMatchObject({
      keys: { data: BigInt64Array.of(7n, 1n) },
      values: { data: Float32Array.of(0.5, 2) },
    });
  }
  expect(thrown(() => readValueProto(values, map)).message).toContain("as many keys as values");
  const noText = concat([encodeField(4, Uint8Array.of(0xff)), encodeField(5, list(1))]);
  expect(thrown(() => readValueProto(noText, map)).code).toBe("not-onnx");
});
