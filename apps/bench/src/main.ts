// pnpm bench: the speed of the kernels as ratios measured in one run, beside the floors they are held to.
//   pnpm bench [--quick] [--json] [--save] [--markdown] [--only=products,gemv,conv,threads,dynamic,kappa,road,profile,webgpu]
// --save adds this release's row to results/; --markdown prints the rows of docs/results/speed.md
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import type { Choice, Tensor } from "@mpplan/ir";
import { createCpuBackend } from "@mpplan/runtime-cpu";
import { nodeWorkers } from "@mpplan/runtime-cpu/node";
import Table from "cli-table3";
import { measure, speedRatio, type Contender, type Measured, type MeasureOptions } from "./harness.js";
import { binary16, e4m3, f32, modes } from "./modes.js";
import { ortWeb } from "./peers/ort-web.js";
import { plainJs } from "./peers/plain-js.js";
import { secondsOf } from "./road.js";
import { gpuRows, type GpuRow } from "./webgpu.bench.js";
import { contender, conv3x3, matMul, uniform, type Workload } from "./workloads.js";

/** One figure: what was measured against what, and what it is held to. */
interface Figure {
  readonly shape: string;
  readonly what: string;
  readonly value: number;
  /** At least this speed, or at most this time; null where nothing is promised. */
  readonly floor: number | null;
  readonly kind: "speed at least" | "time at most";
  readonly macsPerSecond: number | null;
}

const flags = new Set(process.argv.slice(2));
const options: MeasureOptions = flags.has("--quick") ? { rounds: 3, turnMilliseconds: 25 } : {};
const chosen = process.argv
  .find((flag) => flag.startsWith("--only="))
  ?.slice("--only=".length)
  .split(",");
const backend = createCpuBackend();
const workers = nodeWorkers();
const twoThreads = createCpuBackend({ threads: 2, workers });
const figures: Figure[] = [];
const gpus: GpuRow[] = [];

/** The accumulators of plans of two formats. */
const ladder = [e4m3, { ...e4m3, format: "binary16" }];
const shapes = [
  [64, 784, 512],
  [256, 256, 256],
  [1024, 1024, 1024],
] as const;
const parts: Readonly<Record<string, () => Promise<void>>> = {
  products: async () => {
    for (const [m, k, n] of flags.has("--quick") ? shapes.slice(0, 1) : shapes) {
      await products(matMul(m, k, n), matMul(m, k, n, 4096));
    }
  },
  gemv: () => gemv(matMul(1, 4096, 4096)),
  conv: () => convolution(conv3x3(64, 56), matMul(56 * 56, 576, 64)),
  threads: async () => {
    for (const [m, k, n] of flags.has("--quick") ? shapes.slice(0, 1) : shapes) {
      // The floor is for products that are large enough to be worth it.
      await threads(matMul(m, k, n), m * k * n >= 2 ** 28 ? 1.8 : null);
    }
    await threads(matMul(1, 4096, 4096), null);
    await threads(conv3x3(64, 56), null);
  },
  dynamic: () => dynamicAndStatic(matMul(64, 784, 512)),
  kappa: () => kappa(matMul(64, 784, 512)),
  road: async () => road(),
  profile: async () => {
    const w = matMul(64, 784, 512);
    await profile("", w);
    // Half of the inputs are zero, as ReLU leaves them; here none is.
    const dense = withInputs(w, (x, i) => (x === 0 ? (i % 2) / 2 - 0.25 : x));
    await profile(", no input zero,", dense);
  },
  webgpu: async () => void gpus.push(...(await gpuRows(backend, options))),
};
for (const name of chosen ?? Object.keys(parts)) {
  const part = parts[name];
  if (!part) throw new Error(`there is no part "${name}" of the bench: ${Object.keys(parts).join(", ")}`);
  await part();
}
report();

async function products(w: Workload, large: Workload): Promise<void> {
  const contenders = [
    uniform(backend, "f32", w, f32),
    plainJs(w),
    await ortWeb(w),
    ...modes.map((mode) => uniform(backend, mode.name, mode.large ? large : w, mode.accumulator)),
  ];
  const [base, js, ort, ...rest] = await measure(contenders, options);
  note(w.name, "f32 over plain JavaScript", speedRatio(base!, js!), 20, base!);
  note(w.name, "f32 over onnxruntime-web", speedRatio(base!, ort!), 1, base!);
  rest.forEach((measured, i) =>
    note(w.name, `${modes[i]!.name} over f32`, speedRatio(measured, base!), modes[i]!.floor, measured),
  );
}

async function gemv(w: Workload): Promise<void> {
  const [base, ort, low] = await measure(
    [uniform(backend, "f32", w, f32), await ortWeb(w), uniform(backend, "binary16", w, binary16)],
    options,
  );
  note(w.name, "f32 over onnxruntime-web", speedRatio(base!, ort!), null, base!);
  note(w.name, "emulated binary16 over f32", speedRatio(low!, base!), 0.75, low!);
}

async function convolution(conv: Workload, product: Workload): Promise<void> {
  for (const [name, accumulator] of [
    ["f32", f32],
    ["binary16", binary16],
    ["E4M3, blocks of 8", e4m3],
  ] as const) {
    const [c, p] = await measure(
      [uniform(backend, name, conv, accumulator), uniform(backend, name, product, accumulator)],
      options,
    );
    note(conv.name, `${name} over the matrix product`, speedRatio(c!, p!), 0.8, c!);
  }
  const [own, ort] = await measure([uniform(backend, "f32", conv, f32), await ortWeb(conv)], options);
  note(conv.name, "f32 over onnxruntime-web", speedRatio(own!, ort!), null, own!);
}

/** Two threads against one, by the wall clock: only what is really free counts. */
async function threads(w: Workload, floor: number | null): Promise<void> {
  if (workers.parallelism < 2) {
    console.error(`${w.name}: two threads are not measured on one core`);
    return;
  }
  for (const [name, accumulator] of [
    ["f32", f32],
    ["E4M3, blocks of 8", e4m3],
  ] as const) {
    const [one, two] = await measure(
      [uniform(backend, name, w, accumulator), uniform(twoThreads, name, w, accumulator)],
      { ...options, clock: "wall" },
    );
    note(w.name, `${name}, two threads over one`, speedRatio(two!, one!), floor, two!);
  }
}

/** Plans of two formats: run-time recomputation, and static groups. */
async function dynamicAndStatic(w: Workload): Promise<void> {
  const [m, k] = w.input.dims as [number, number];
  const n = w.site.neurons;
  const low = uniform(backend, "low", w, ladder[0]!);
  for (const share of [0.05, 0.1, 0.25, 0.5]) {
    const high = Math.round(n * share);
    const tau = tauFor(w, share);
    const dynamic: Choice = {
      mode: "dynamic",
      low: 0,
      high: 1,
      test: { rule: "kappa", tau, activation: "identity" },
    };
    const contenders: Contender[] = [
      low,
      contender(backend, "dynamic", w, ladder, [[dynamic, n]]),
      contender(backend, "static", w, ladder, [
        [{ mode: "static", use: 1 }, high],
        [{ mode: "static", use: 0 }, n - high],
      ]),
      uniform(backend, "part high", matMul(m, k, high), ladder[1]!),
      uniform(backend, "part low", matMul(m, k, n - high), ladder[0]!),
    ];
    const [base, dyn, stat, partHigh, partLow] = await measure(contenders, options);
    const name = `${100 * share} % high`;
    time(
      w.name,
      `dynamic, ${name}, over the low pass`,
      dyn!.seconds / base!.seconds,
      share === 0.1 ? 1.3 : null,
    );
    time(
      w.name,
      `static, ${name}, over its parts`,
      stat!.seconds / (partHigh!.seconds + partLow!.seconds),
      share === 0.1 ? 1.1 : null,
    );
    time(w.name, `dynamic over static, ${name}`, dyn!.seconds / stat!.seconds, null);
  }
}

/** What |W||h| costs on top of the low pass: calibration's, in binary32, and the run-time rule's, in the low format. */
async function kappa(w: Workload): Promise<void> {
  const never: Choice = {
    mode: "dynamic",
    low: 0,
    high: 1,
    test: { rule: "kappa-full", tau: 1e300, activation: "identity" },
  };
  const low = uniform(backend, "low", w, e4m3);
  const sizes = uniform(backend, "|W||h|", withInputs(w, Math.abs, Math.abs), f32);
  const both: Contender = {
    name: "low and |W||h|",
    macs: w.site.macs,
    run: async () => {
      await low.run();
      await sizes.run();
    },
  };
  const rule = contender(backend, "kappa-full", w, ladder, [[never, w.site.neurons]]);
  const [base, statistics, full] = await measure([low, both, rule], options);
  time(w.name, "low pass and |W||h| over the low pass", statistics!.seconds / base!.seconds, 1.35);
  time(w.name, "low pass with kappa-full over the low pass", full!.seconds / base!.seconds, null);
}

/** What calibration measures, over the low pass alone. */
async function profile(name: string, w: Workload): Promise<void> {
  const probe = backend.probeFor(w.node, w.site, [e4m3]);
  if (probe.kind !== "probe") throw new Error(`${backend.name} cannot measure: ${probe.reason}`);
  const handles = [backend.upload(w.input), backend.upload(w.weights)];
  const contenders: Contender[] = [
    uniform(backend, "low", w, e4m3),
    { name: "profile", macs: w.site.macs, run: async () => void (await probe.run(handles)) },
  ];
  const [alone, measured] = await measure(contenders, options);
  time(
    w.name,
    `the full calibration profile${name} over the low pass`,
    measured!.seconds / alone!.seconds,
    4,
  );
}

/** Other numbers in the same places. */
function withInputs(
  w: Workload,
  input: (x: number, i: number) => number,
  weight: (x: number) => number = (x) => x,
): Workload {
  const changed = (t: Tensor, f: (x: number, i: number) => number): Tensor => ({
    ...t,
    data: (t.data as Float32Array).map(f),
  });
  return { ...w, input: changed(w.input, input), weights: changed(w.weights, weight) };
}

/** The tau of the kappa rule at which that share of the components lies below 1/tau. */
function tauFor(w: Workload, share: number): number {
  const [m, k, n] = [w.input.dims[0]!, w.input.dims[1]!, w.weights.dims[1]!];
  const sizes: number[] = [];
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let i = 0; i < k; i++)
        sum += Number(w.input.data[row * k + i]) * Number(w.weights.data[i * n + column]);
      sizes.push(Math.abs(sum));
    }
  }
  sizes.sort((a, b) => a - b);
  return 1 / sizes[Math.floor(share * sizes.length)]!;
}

/** compile and compare end to end, in turns on one thread and on two: seconds, and their ratio. */
function road(): void {
  for (const verb of ["compile", "compare"] as const) {
    const rounds = flags.has("--quick") ? 1 : 3;
    const [one, two]: [number[], number[]] = [[], []];
    for (let i = 0; i < rounds; i++) {
      one.push(secondsOf(verb, 1));
      two.push(secondsOf(verb, 2));
    }
    const median = (list: number[]): number => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]!;
    const name = "paper-relu, 1,500 digits";
    time(name, `${verb} end to end, seconds on one thread`, median(one), null);
    time(name, `${verb} end to end, two threads over one (time)`, median(two) / median(one), null);
  }
}

function note(shape: string, what: string, value: number, floor: number | null, of: Measured): void {
  figures.push({ shape, what, value, floor, kind: "speed at least", macsPerSecond: of.macsPerSecond });
}

function time(shape: string, what: string, value: number, floor: number | null): void {
  figures.push({ shape, what, value, floor, kind: "time at most", macsPerSecond: null });
}

function met({ kind, value, floor }: Figure): string {
  if (floor === null) return "";
  return (kind === "speed at least" ? value >= floor : value <= floor)
    ? "met"
    : flags.has("--markdown")
      ? "**missed**"
      : "MISSED";
}

function report(): void {
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.versions.node}`;
  const about = `${machine}\nRatios of medians in one process, in turns; GMAC/s drift with the machine.`;
  if (flags.has("--json")) console.log(JSON.stringify({ machine, figures, gpus }));
  else if (flags.has("--markdown")) console.log([`On ${machine}:`, ...tables().map(markdown)].join("\n\n"));
  else console.log([about, ...tables().map(drawn)].join("\n"));
  if (flags.has("--save")) save(machine);
}

/** Rows below a head. */
type Rows = readonly [head: readonly string[], ...rows: readonly (readonly string[])[]];

function tables(): Rows[] {
  const speed = !flags.has("--markdown");
  const held = (f: Figure): string => (f.floor === null ? "" : `${f.kind.replace(/^\w+ /, "")} ${f.floor}`);
  const rate = (f: Figure): string => (f.macsPerSecond === null ? "" : (f.macsPerSecond / 1e9).toFixed(2));
  const ratio = (value: number | null): string => (value === null ? "" : value.toFixed(3));
  const onCpu: Rows = [
    ["shape", "ratio", "value", "held to", "", ...(speed ? ["GMAC/s"] : [])],
    ...figures.map((f) => [f.shape, f.what, ratio(f.value), held(f), met(f), ...(speed ? [rate(f)] : [])]),
  ];
  const onGpu: Rows = [
    ["adapter", "shape", "sums", "over the cpu's", "over its own f32", "in tiles over one by one"],
    ...gpus.map(({ adapter, shape, sums, ...r }) => [
      ...[adapter, shape, sums],
      ...[r.overCpu, r.overOwn, r.overSingle].map(ratio),
    ]),
  ];
  return [onCpu, onGpu].filter((rows) => rows.length > 1);
}

function markdown([head, ...rows]: Rows): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head).replace("|  |", "| |"), `|${"--|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

function drawn([head, ...rows]: Rows): string {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

/** One row per release: the ratios only, since they are what carries over. */
function save(machine: string): void {
  const root = path.resolve(import.meta.dirname, "..");
  const { version } = JSON.parse(
    readFileSync(path.join(root, "../../packages/mpplan/package.json"), "utf8"),
  ) as { version: string };
  const file = path.join(root, "results", "ratios.csv");
  const quoted = (text: string): string => `"${text.replaceAll('"', "'")}"`;
  if (!existsSync(file)) writeFileSync(file, "version,machine,shape,ratio,value,held to\n");
  for (const f of figures) {
    appendFileSync(
      file,
      `${[version, quoted(machine), quoted(f.shape), quoted(f.what), f.value.toFixed(3), f.floor ?? ""].join(",")}\n`,
    );
  }
  for (const { adapter, shape, sums, overCpu } of gpus) {
    const cells = [version, quoted(machine), quoted(shape), quoted(`${adapter}: ${sums} over the cpu's`)];
    appendFileSync(file, `${[...cells, overCpu.toFixed(3), ""].join(",")}\n`);
  }
}
