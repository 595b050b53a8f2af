// The written-out selection chooses what the test of @mpplan/runtime chooses.
import { prepareTest } from "@mpplan/runtime";
import { expect, test } from "vitest";
import { compileTest, leastKept } from "./select.js";

const taus = [0, 2 ** -149, 1e-40, 0.3, 1 / 3, 0.5, 1, 3, 7.1, 1e20, 2 ** 127, 2 ** 149, 1e300, Infinity];

/** A binary32 number's neighbours, itself among them. */
function around(x: number): number[] {
  const number = Float32Array.of(x);
  const pattern = new Uint32Array(number.buffer);
  const found = [x];
  for (const by of [-1, 1]) {
    pattern[0] = new Uint32Array(Float32Array.of(x).buffer)[0]! + by;
    found.push(number[0]!);
  }
  return found;
}

test.each(["identity", "relu"])("kappa of %s, at the numbers where the choice turns", (activation) => {
  for (const tau of taus) {
    const rule = { rule: "kappa", tau, activation } as const;
    const prepared = prepareTest(rule, 0);
    const edges = around(leastKept(tau)).concat(around(1 / tau), [0, 2 ** -149, 1, Infinity, NaN]);
    const values = Float32Array.from(edges.flatMap((x) => [x, -x])).filter((x) => !Object.is(x, -0));
    const columns = Int32Array.from(values, (_, i) => i);
    if (prepared.kind !== "component") throw new Error("kappa tests components");
    const expected = [...columns].filter((i) => prepared.recompute(values[i]!, NaN, i, i));
    const tested = { columns, neurons: columns };
    expect(compileTest(rule, prepared)(values, null, tested, 0, 1, 0), `tau ${tau}`).toEqual(expected);
  }
});
