import {
  parseReport,
  printDocument,
  subset,
  type Graph,
  type Plan,
  type Sample,
  type Samples,
  type Tensor,
} from "@mpplan/ir";
import { createExecutor, createReferenceBackend, type Executor } from "@mpplan/runtime";
import { describe, expect, test } from "vitest";
import { convNet, mlp, planOf, randomSamples, uniformOf } from "../../ir/src/testing.js";
import { evaluate, evaluatePlans, type Evaluation } from "./evaluate.js";
import { ErrorMeter } from "./metrics.js";

const tool = { name: "mpplan", version: "0.0.0" };
const executor = createExecutor(createReferenceBackend());
const graph = mlp([10, 12, 8, 3], { seed: 6 });
const samples = randomSamples(graph, 12);
const kappa = planOf(graph, () => ({
  mode: "dynamic",
  low: 0,
  high: 1,
  test: { rule: "kappa", tau: 1, activation: "relu" },
}));
const mixed = planOf(graph, (_, n) => ({ mode: "static", use: n % 2 }));

async function run(g: Graph, execution: Plan | "reference", sample: Sample): Promise<Map<string, Tensor>> {
  return (await executor.prepare(g, execution)).run(sample);
}

/** Without its seconds, which nothing repeats. */
function timeless(evaluation: Evaluation): Evaluation {
  return { ...evaluation, seconds: 0 };
}

describe("evaluatePlans", () => {
  test("gives each plan what it would have alone, and what plain runs show", async () => {
    const plans = [uniformOf(graph, 0), kappa, mixed, uniformOf(graph, 1)];
    const set = await evaluatePlans(graph, plans, samples, { executor });
    expect([set.samples, set.task]).toEqual([12, "classifier"]);
    for (const [p, plan] of plans.entries()) {
      const together = timeless(set.plans[p]!);
      const alone = timeless((await evaluatePlans(graph, [plan], samples, { executor })).plans[0]!);
      expect(together).toEqual(alone);
      const meter = new ErrorMeter("classifier");
      for (let i = 0; i < samples.count; i++) {
        meter.add(
          await run(graph, plan, samples.at(i)),
          await run(graph, "reference", samples.at(i)),
          samples.label(i),
        );
      }
      expect([together.error, together.flips, together.accuracy]).toEqual([
        meter.error,
        meter.flips,
        meter.accuracy,
      ]);
    }
    const [low, dynamic, half, high] = set.plans.map((p) => p.cost);
    expect([low, high]).toEqual([0.5, 1]);
    expect(dynamic).toBeCloseTo(0.5 + set.plans[1]!.fractionHigh, 12);
    expect(half).toBeCloseTo(0.5 + 0.5 * set.plans[2]!.fractionHigh, 12);
    expect(set.plans[0]!.error).toBeGreaterThan(10 * set.plans[3]!.error!);
  });

  test("the reference against itself loses nothing: its accuracy is that of the exact network", async () => {
    const set = await evaluatePlans(graph, [], samples, { executor });
    const meter = new ErrorMeter("classifier");
    for (let i = 0; i < samples.count; i++) {
      const exact = await run(graph, "reference", samples.at(i));
      meter.add(exact, exact, samples.label(i));
    }
    expect(set.reference.accuracy).toBe(meter.accuracy);
  });

  test("does not depend on the order of the samples", async () => {
    const back = subset(samples, [...Array(12).keys()].reverse());
    const [a, b] = [
      await evaluatePlans(graph, [kappa], samples, { executor }),
      await evaluatePlans(graph, [kappa], back, { executor }),
    ];
    expect(b.digest).toBe(a.digest);
    expect(b.plans[0]!.executed).toEqual(a.plans[0]!.executed);
    // Doubles are added in another order.
    expect(Math.abs(b.plans[0]!.error! / a.plans[0]!.error! - 1)).toBeLessThan(1e-12);
  });

  test("takes the task that it is given", async () => {
    const set = await evaluatePlans(graph, [mixed], samples, { executor, task: "values" });
    expect([set.task, set.plans[0]!.flips, set.plans[0]!.accuracy]).toEqual(["values", null, null]);
  });

  test("of no samples says nothing and costs nothing", async () => {
    const set = await evaluatePlans(graph, [mixed], randomSamples(graph, 0), { executor });
    expect(set.plans[0]).toMatchObject({ error: null, flips: null, accuracy: null, cost: 0, executed: [] });
    expect(set.reference.accuracy).toBeNull();
  });

  test("stops when it is told to", async () => {
    const abort = new AbortController();
    const onProgress = (done: number): void => void (done === 2 && abort.abort());
    await expect(
      evaluatePlans(graph, [mixed], samples, { executor, onProgress, signal: abort.signal }),
    ).rejects.toMatchObject({ code: "cancelled" });
  });
});

describe("evaluate", () => {
  test("reports the first layer's local error as its cumulative one, and what later layers inherit", async () => {
    for (const [g, plan] of [
      [graph, uniformOf(graph, 0)],
      [graph, kappa],
      [convNet({ normalize: false }), uniformOf(convNet({ normalize: false }), 0)],
    ] as const) {
      const report = await evaluate(g, plan, randomSamples(g, 6), { executor, tool });
      const [first, ...later] = report.nodes;
      expect(first!.local).toBe(first!.cumulative);
      expect(first!.local).toBeGreaterThan(0);
      for (const node of later) expect(node.local).not.toBe(node.cumulative);
      expect(report.error).toBeGreaterThan(0);
      expect(parseReport(printDocument(report), "r")).toEqual(report);
    }
  });

  test("a layer in binary16 amid E4M3 has a small local error and inherits a large one", async () => {
    const plan = planOf(graph, (site) => ({ mode: "static", use: site.id === "fc2" ? 1 : 0 }));
    const { nodes } = await evaluate(graph, plan, samples, { executor, tool });
    const fc2 = nodes.find((n) => n.site === "fc2")!;
    expect(fc2.local).toBeLessThan(2 ** -8);
    expect(fc2.cumulative).toBeGreaterThan(2 ** -6);
    expect(nodes.map((n) => n.fractionHigh)).toEqual([0, 1, 0]);
  });

  test("shares of high precision per node are those executed", async () => {
    const report = await evaluate(graph, kappa, samples, { executor, tool });
    for (const [i, node] of report.nodes.entries()) {
      const e = report.executed[i]!;
      expect(node.fractionHigh).toBe(e.recomputed / e.total);
    }
    expect(report).toMatchObject({
      evaluated: 12,
      guarantee: "observed",
      seed: kappa.seed,
      model: { digest: graph.digest },
    });
  });

  test("several accumulators of the high format are all high", async () => {
    const [low, high] = uniformOf(graph, 0).accumulators;
    const longer = { ...high!, order: { kind: "blocked", block: 32 } as const };
    const ladder = planOf(graph, (_, n) => ({ mode: "static", use: n % 3 }), {
      accumulators: [low!, high!, longer],
    });
    const report = await evaluate(graph, ladder, samples, { executor, tool });
    for (const [i, node] of report.nodes.entries()) {
      const { components, total } = report.executed[i]!;
      expect(node.fractionHigh).toBe((components[1]! + components[2]!) / total);
      expect(Math.min(components[1]!, components[2]!)).toBeGreaterThan(0);
    }
    expect(report.cost).toBeCloseTo(0.5 + 0.5 * report.fractionHigh, 12);
  });

  test("stops when it is told to while it looks at the nodes too", async () => {
    const abort = new AbortController();
    // The plan's last evaluation run is over when the nodes' sessions are prepared: the third and fourth.
    let prepared = 0;
    const watching: Executor = {
      ...executor,
      prepare: (g, execution) => {
        if (++prepared === 3) abort.abort();
        return executor.prepare(g, execution);
      },
    };
    await expect(
      evaluate(graph, mixed, samples, { executor: watching, tool, signal: abort.signal }),
    ).rejects.toMatchObject({ code: "cancelled" });
  });

  test("of a network that overflows says null, and counts the flips", async () => {
    const loud = mlp([4, 4, 3], { scale: 1e38 });
    const infinite = uniformOf(loud, 0).accumulators.map((a) => ({ ...a, overflow: "infinity" as const }));
    const feeds: Samples = randomSamples(loud, 3, 7, 1e30);
    const report = await evaluate(loud, uniformOf(loud, 1, { accumulators: infinite }), feeds, {
      executor,
      tool,
    });
    expect(report.error).toBeNull();
    expect(report.flips).toBe(3);
    expect(parseReport(printDocument(report), "r")).toEqual(report);
  });
});
