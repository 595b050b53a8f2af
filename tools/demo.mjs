// npm run demo: the main job on real digits. Compiles a plan for the paper's 784-784-128-10 network, then compares
// uniform, dynamic and static accumulation on digits that nothing was fitted to.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const net = "fixtures/models/paper-relu";
const digits = [
  ["--data", `${net}/samples/images-1500.idx3-ubyte.gz`],
  ["--labels", `${net}/samples/labels-1500.idx1-ubyte.gz`],
  ["--scale", "1/255"],
  ["--mean", "0.1307"],
  ["--std", "0.3081"],
  ["--preset", "paper"],
].flat();
mkdirSync(path.join(root, "out"), { recursive: true });

mpplan("A plan for every neuron, from 96 digits, at three quarters of the cost", [
  "compile",
  `${net}/model.onnx`,
  ...digits,
  "--samples",
  "128",
  "--evaluate",
  "200",
  "--budget",
  "0.75",
  "-o",
  "out/plan.json",
]);
mpplan("Is a static plan as good as deciding at run time? 300 digits, every row at the same modelled cost", [
  "compare",
  `${net}/model.onnx`,
  ...digits,
  "--samples",
  "256",
  "--evaluate",
  "300",
  "--html",
  "out/report.html",
  "-o",
  "out/report.json",
]);
console.log("\nOpen out/report.html in a browser for the chart. Next, try your own:");
console.log("  npx mpplan compile your-model.onnx --data your-samples.npz");

function mpplan(title, args) {
  console.log(`\n== ${title}\n$ npx mpplan ${args.join(" ")}\n`);
  const bin = path.join(root, "packages", "mpplan", "bin", "mpplan.js");
  const { status } = spawnSync(process.execPath, [bin, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
