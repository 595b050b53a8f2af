// Attention against the formula, in what ONNX's cases leave open, and what is refused.
import { expect, test } from "vitest";
import { counting, floats, ints, listAfter, of, run } from "./testing.js";

const q = floats([1, 2, 2, 1], [1, 2, 3, 4]);
const kv = floats([1, 1, 2, 1], [1, -1]);

/** The weighted mean of 1 and -1 with weights exp(a) and exp(b). */
const mean = (a: number, b: number) => (Math.exp(a) - Math.exp(b)) / (Math.exp(a) + Math.exp(b));
const close = (actual: readonly (number | bigint)[], expected: readonly number[]) =>
  actual.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 12));

test("query heads share a key head; a causal query sees no key behind it", () => {
  close(
    listAfter("Attention", [q, kv, kv]),
    [1, 2, 3, 4].map((x) => mean(x, -x)),
  );
  close(listAfter("Attention", [q, kv, kv], { is_causal: 1 }), [1, mean(2, -2), 1, mean(4, -4)]);
});

test("a short mask masks the keys behind it, and a mask of its own per head is added", () => {
  expect(listAfter("Attention", [q, kv, kv, of("bool", [2, 1], [1, 0])])).toEqual([1, 0, 1, 0]);
  const perHead = floats([1, 2, 1, 2], [0, 3, 5, 0]);
  close(listAfter("Attention", [q, kv, kv, perHead], { scale: 0.5 }), [
    mean(0.5, 2.5),
    mean(1, 2),
    mean(6.5, -1.5),
    mean(7, -2),
  ]);
});

test("earlier keys come first, and those of which fewer count are not seen", () => {
  const past = floats([1, 1, 1, 1], [1]);
  const outputs = run("Attention", [q, kv, kv, null, past, past], { is_causal: 1, qk_matmul_output_mode: 3 });
  expect(outputs.map(({ dims }) => dims)).toEqual([
    [1, 2, 2, 1],
    [1, 1, 3, 1],
    [1, 1, 3, 1],
    [1, 2, 2, 3],
  ]);
  expect([...(outputs[1]!.data as Float64Array)]).toEqual([1, 1, -1]);
  // The first query sees the earlier key and one more.
  close([...(outputs[3]!.data as Float64Array)].slice(0, 3), [0.5, 0.5, 0]);
  expect(listAfter("Attention", [q, kv, kv, null, null, null, ints(1)])).toEqual([1, 1, 1, 1]);
});

test("what does not go together is refused", () => {
  const three = counting(1, 2, 4);
  expect(() => run("Attention", [three, three, three])).toThrow("needs the attribute q_num_heads");
  expect(() => run("Attention", [three, three, three], { q_num_heads: 3, kv_num_heads: 1 })).toThrow(
    "4 elements of Attention do not divide into 3 heads",
  );
  expect(() => run("Attention", [counting(1, 3, 2, 1), counting(1, 2, 2, 1), counting(1, 2, 2, 1)])).toThrow(
    "the 3 query heads of Attention do not divide among 2 key heads",
  );
  expect(() => run("Attention", [q, kv, kv, counting(2, 3)])).toThrow("is for 3 keys, but there are 2");
  expect(() => run("Attention", [q, kv, kv, null, kv])).toThrow("earlier keys without earlier values");
});

test("LinearAttention decays the state, corrects the value and adds it", () => {
  const one = (...list: number[]) => floats([1, list.length, 1], list);
  const attrs = { q_num_heads: 1, kv_num_heads: 1, scale: 2 };
  const state = floats([1, 1, 1, 1], [10]);
  const [decay, beta] = [
    [-1, -2],
    [0.5, 0.25],
  ];
  let s = 10;
  const expected = [0, 1].map((t) => {
    const [key, value] = [t + 1, t + 3];
    s *= Math.exp(decay[t]!);
    s += key * beta[t]! * (value - key * s);
    return 2 * (t + 5) * s;
  });
  const inputs = [one(5, 6), one(1, 2), one(3, 4), state, one(...decay), one(...beta)];
  const outputs = run("LinearAttention", inputs, attrs);
  close([...(outputs[0]!.data as Float64Array)], expected);
  close([...(outputs[1]!.data as Float64Array)], [s]);
  expect(() => run("LinearAttention", inputs, { ...attrs, update_rule: "linear" })).toThrow(
    "with the rule linear takes no decay",
  );
});
