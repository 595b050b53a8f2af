// What the source paper (arXiv 2503.15568) says of its networks, seen in `mpplan compare` on the networks that its
// script trains. 300 digits tell accuracies a third of a point apart at best; docs/results has the larger runs.
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Comparison, ComparisonRow } from "@mpplan/ir";
import { digits, models, startBin } from "./support.js";

const nets = ["paper-relu", "paper-tanh"] as const;
const found = new Map<string, Comparison>();

beforeAll(async () => {
  const runs = nets.map(async (net) => {
    const flags = ["--preset", "paper", "--samples", "200", "--evaluate", "300", "--json"];
    const { code, out, err } = await startBin([
      "compare",
      path.join(models, net, "model.onnx"),
      ...digits,
      ...flags,
    ]).done;
    expect(code, err).toBe(0);
    // A stage that comes in rounds is told once.
    expect(err.match(/^tuning/gm)).toHaveLength(1);
    found.set(net, JSON.parse(out) as Comparison);
  });
  await Promise.all(runs);
}, 600_000);

describe.each(nets)("%s", (net) => {
  const rows = (): readonly ComparisonRow[] => found.get(net)!.rows;
  const row = (name: string): ComparisonRow => rows().find((r) => r.name === name)!;

  test("is evaluated on samples that nothing was fitted to", () => {
    expect(found.get(net)).toMatchObject({
      samples: { build: 150, tune: 50, random: false },
      evaluated: 300,
    });
  });

  test("uniform binary16 decides every digit as exact sums do", () => {
    const { accuracy, flips } = row("uniform binary16");
    const exact = found.get(net)!.settings["referenceAccuracy"] as number;
    expect(flips).toBe(0);
    // 0.1 points of 300 samples is less than one of them.
    expect(Math.abs(accuracy! - exact)).toBeLessThan(0.001);
    expect(exact).toBeGreaterThan(0.94);
  });

  test("uniform E4M3 errs a hundred times as much, and hardly any digit is decided otherwise", () => {
    const [low, high] = [row("uniform ieee-e4m3"), row("uniform binary16")];
    expect(low.error! / high.error!).toBeGreaterThan(30);
    expect(low.flips! / 300).toBeLessThan(0.05);
  });

  test("more is recomputed as tau falls, and the error falls with it", () => {
    const byTau = [1, 0.5, 0.3, 0.1].map((tau) => row(`dynamic kappa, tau ${tau}`));
    const shares = byTau.map((r) => r.fractionHigh!);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(new Set(shares).size).toBe(4);
    expect(byTau.at(-1)!.error).toBeLessThan(byTau[0]!.error!);
    expect(byTau.map((r) => r.tau)).toEqual([1, 0.5, 0.3, 0.1]);
  });

  test("a dynamic plan costs r + rho, a static one r + (1 - r) rho", () => {
    const r = 8 / 16;
    for (const { name, mode, cost, fractionHigh } of rows()) {
      // A hybrid pays both ways, and a third format pays neither.
      if (mode === "hybrid" || name.startsWith("uniform e4m")) continue;
      const rho = fractionHigh!;
      expect(Math.abs(cost! - (mode === "dynamic" ? r + rho : r + (1 - r) * rho)), name).toBeLessThan(1e-9);
    }
  });

  test("rows at equal cost are at most 0.005 above it, on samples that chose no threshold", () => {
    for (const { name, cost, targetCost } of rows()) {
      if (targetCost !== null)
        expect(cost, `${name} at ${targetCost}`).toBeLessThanOrEqual(targetCost + 0.005);
    }
  });

  test("a row well below its target says why", () => {
    for (const { cost, targetCost, note } of rows()) {
      if (targetCost === null || cost! > targetCost - 0.05) continue;
      expect(note).toMatch(/nothing is left that the rule would recompute|the compiler's choice/);
    }
  });

  test("random controls stand beside every rule and policy, at every target", () => {
    const targets = [...new Set(rows().map((r) => r.targetCost))].filter((t) => t !== null);
    expect(targets).toEqual([0.55, 0.625, 0.75, 0.875]);
    for (const target of targets) {
      const names = rows()
        .filter((r) => r.targetCost === target)
        .map((r) => r.name);
      expect(names).toEqual([
        ...["dynamic contribution", "dynamic kappa", "dynamic random", "dynamic random-live"],
        ...["static absolute", "static kappa", "static sensitivity", "static random", "static random-live"],
        ...["hybrid", ...(target === 0.55 ? [] : [`uniform e4m${16 * target - 5}`])],
      ]);
    }
  });

  test("no two rows share a name and a target", () => {
    const keys = rows().map((r) => `${r.name} at ${r.targetCost}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  const at = (name: string): number => rows().find((r) => r.name === name && r.targetCost === 0.75)!.error!;

  test("at three quarters of the cost a static plan errs less than half as much as neurons at random", () => {
    expect(at("static absolute")).toBeLessThan(at("static random") / 2);
    expect(at("static sensitivity")).toBeLessThan(at("static random") / 2);
  });

  test("at three quarters of the cost a hybrid has less than half the error of the source paper's rule", () => {
    expect(at("hybrid")).toBeLessThan(at("dynamic kappa") / 2);
    expect(at("dynamic contribution")).toBeLessThan(at("dynamic kappa"));
  });

  test("at every cost one contender is the compiler's choice, and no other row is", () => {
    for (const target of [0.55, 0.625, 0.75, 0.875]) {
      const chosen = rows().filter(
        (r) => r.targetCost === target && r.note?.includes("the compiler's choice"),
      );
      expect(chosen.length).toBe(1);
      expect(["hybrid", "static sensitivity", "dynamic contribution"]).toContain(chosen[0]!.name);
    }
  });
});
