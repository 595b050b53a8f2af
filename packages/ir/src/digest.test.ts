import { describe, expect, test } from "vitest";
import { digestOf, SetDigest } from "./digest.js";
import type { Sample } from "./samples.js";
import { randomTensor, tensorOf } from "./testing.js";

test("digestOf is SHA-256 of the parts one after another", () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  // FIPS 180-2, appendix B.1.
  expect(digestOf(bytes("a"), bytes("bc"))).toBe(
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

describe("SetDigest", () => {
  const samples = Array.from({ length: 6 }, (_, i): Sample => new Map([["x", randomTensor([3], i)]]));
  const digest = (order: readonly number[]): string => {
    const d = new SetDigest();
    for (const i of order) d.add(samples[i]!);
    return d.toString();
  };

  test("does not depend on the order, nor on the split into shards", () => {
    const whole = digest([0, 1, 2, 3, 4, 5]);
    expect(digest([5, 3, 1, 0, 2, 4])).toBe(whole);
    const left = new SetDigest(digest([0, 4]));
    left.merge(new SetDigest(digest([1, 2, 3, 5])));
    expect(left.toString()).toBe(whole);
  });

  test("tells multisets apart: a sample twice, a name, dims, type or number changed", () => {
    const of = (...inputs: [string, ReturnType<typeof tensorOf>][]): string => {
      const d = new SetDigest();
      d.add(new Map(inputs));
      return d.toString();
    };
    const digests = [
      digest([0]),
      digest([0, 0]),
      of(["x", tensorOf([2], [1, 2])]),
      of(["y", tensorOf([2], [1, 2])]),
      of(["x", tensorOf([1, 2], [1, 2])]),
      of(["x", tensorOf([2], [1, 2], "float64")]),
      of(["x", tensorOf([2], [1, 3])]),
      of(["x", tensorOf([1], [1])], ["y", tensorOf([1], [2])]),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  test("does not depend on the order of a sample's inputs", () => {
    const [a, b] = [randomTensor([2], 1), randomTensor([2], 2)];
    const one = new SetDigest();
    one.add(
      new Map([
        ["a", a],
        ["b", b],
      ]),
    );
    const other = new SetDigest();
    other.add(
      new Map([
        ["b", b],
        ["a", a],
      ]),
    );
    expect(one.toString()).toBe(other.toString());
  });

  test("wraps around at 2^256 and starts from 0", () => {
    expect(new SetDigest().toString()).toBe("sum256:0");
    const d = new SetDigest(`sum256:${"f".repeat(64)}`);
    d.merge(new SetDigest("sum256:1"));
    expect(d.toString()).toBe("sum256:0");
  });

  test("refuses a text that is no digest of samples", () => {
    expect(() => new SetDigest("sha256:12")).toThrowError(
      expect.objectContaining({ code: "wrong-document" }),
    );
  });
});
