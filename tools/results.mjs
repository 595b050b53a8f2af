// Measures the table of the two paper networks on 1,000 test digits and writes docs/results/paper-nets.md:
//   node tools/results.mjs            (after npm run demo or npm test has set things up; some minutes)
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const page = path.join(root, "docs/results/paper-nets.md");
const samples = "fixtures/models/paper-relu/samples";
const settings = [
  ["--data", `${samples}/images-1500.idx3-ubyte.gz`],
  ["--labels", `${samples}/labels-1500.idx1-ubyte.gz`],
  ["--scale", "1/255"],
  ["--mean", "0.1307"],
  ["--std", "0.3081"],
  ["--preset", "paper"],
  ["--samples", "500"],
  ["--evaluate", "1000"],
  ["--seed", "1"],
].flat();

const parts = ["paper-relu", "paper-tanh"].map((net) => {
  const args = ["compare", `fixtures/models/${net}/model.onnx`, ...settings, "--json"];
  console.error(`npx mpplan ${args.join(" ")}`);
  const bin = path.join(root, "packages", "mpplan", "bin", "mpplan.js");
  const out = execFileSync(process.execPath, [bin, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 28,
  });
  return section(net, args, JSON.parse(out));
});

writeFileSync(
  page,
  `# The two paper networks on 1,000 test digits

Made by \`node tools/results.mjs\`, which runs the commands below and writes this page. The networks are
784-784-128-10, trained through E4M3 (fixtures/models); weights and bias are E4M3, the low accumulator is
IEEE-like E4M3 (max 240) and the high one binary16, both in blocks of 8 with binary32 fused multiply-adds, as the
source paper's simulator has them. Error is the relative Frobenius error of the centred logits against exact sums
of the same quantised network. Cost is modelled: 1 is everything in binary16, E4M3 costs one half.

${readFindings()}
${parts.join("\n")}`,
);

function section(net, args, { rows, samples: used, evaluated, settings: s }) {
  const p = (x, digits = 1) => (x === null ? "" : `${(100 * x).toFixed(digits)} %`);
  const ordered = [...rows].sort((a, b) => (a.targetCost ?? 0) - (b.targetCost ?? 0));
  const lines = ordered.map(
    (r) =>
      `| ${r.targetCost ?? ""} | ${r.name} | ${r.cost?.toFixed(4) ?? ""} | ${p(r.fractionHigh)} | ${r.error?.toExponential(2) ?? ""} | ${r.flips ?? ""} | ${p(r.accuracy, 2)} | ${r.note ?? ""} |`,
  );
  return `## ${net}

    npx mpplan ${args.join(" ")}

${used.build} samples to build, ${used.tune} to tune, ${evaluated} to evaluate, all different. Accuracy with exact sums: ${p(s.referenceAccuracy, 2)}.

| target cost | row | cost | in high | error | flips | accuracy | |
|--|--|--|--|--|--|--|--|
${lines.join("\n")}
`;
}

/** What to take from the tables is written by hand between these headings, and kept when they are measured again. */
function readFindings() {
  const text = existsSync(page) ? readFileSync(page, "utf8") : "";
  return /## What they say\n[^]*?(?=\n## paper-relu)/.exec(text)?.[0] ?? "## What they say\n";
}
