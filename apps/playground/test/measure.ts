// Measures the page in Chromium and writes docs/results/playground.md; with --screenshots also docs/playground/*.png.
// pnpm playground:measure [--screenshots]
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { serve } from "../serve.mjs";
import {
  buildPage,
  chooseFile,
  findChromium,
  launch,
  longTasks,
  openPage,
  outputTimes,
  planDigits,
  ran,
  redraws,
  settled,
} from "./browser.js";
import { chainModel } from "./models.js";
import { gzipped, pageSize } from "./size.js";

const root = path.resolve(import.meta.dirname, "../../..");
const chromium = findChromium();
if (chromium === null) {
  console.error(
    "no Chromium\n  where: /usr/bin/chromium\n  next: apt-get install chromium, or name it with MPPLAN_CHROMIUM",
  );
  process.exit(2);
}
buildPage();
const server = await serve();
const browser = await launch(chromium);
try {
  if (process.argv.includes("--screenshots")) await screenshots(browser);
  else await figures(browser);
} finally {
  await browser.close();
  await server.close();
}

async function figures(on: Browser): Promise<void> {
  const load = loadavg()[0]!;
  const size = pageSize();
  let started = 0;
  const starts: number[] = [];
  for (let i = 0; i < 5; i++) {
    const { page, requests } = await openPage(on, server.address);
    started = gzipped(requests.map((url) => new URL(url).pathname.replace(/\/$/, "/index.html")));
    starts.push(await page.evaluate(() => performance.getEntriesByName("interactive")[0]!.startTime));
    await page.context().close();
  }
  const { page } = await openPage(on, server.address);
  const begin = Date.now();
  await planDigits(page);
  const planned = Date.now() - begin;
  const knob = page.getByRole("slider", { name: "modelled cost at most" });
  const move = async (times: number): Promise<number[]> => {
    const before = (await redraws(page)).length;
    for (let i = 0; i < times; i++) {
      await knob.press(i % 20 < 10 ? "ArrowRight" : "ArrowLeft");
      await page.waitForFunction((n) => performance.getEntriesByName("redraw").length > n, before + i);
    }
    return (await redraws(page)).slice(before);
  };
  const during = await move(40);
  await settled(page);
  const charted = Date.now() - begin;
  await page.waitForTimeout(3000);
  const idle = await move(60);
  await page.waitForTimeout(3000);
  const onCpu = await digits(page);
  const chosen = Date.now();
  await page.getByRole("radio", { name: "WebGPU" }).check();
  const facts = await ran(page, /sums on webgpu/);
  const opened = Date.now() - chosen;
  // The plan of the knob is measured there too, and the digit runs once more.
  await page.locator(".figures").getByText("on webgpu").waitFor();
  await page.waitForTimeout(3000);
  const adapter = facts.match(/webgpu \((.*?)\)/)![1]!;
  const executed = facts.match(/\d+ of \d+ sums on webgpu/)![0];
  const bits = facts.match(/against the CPU\s+(.*)/)![1]!;
  const onGpu = await digits(page);
  await page.context().close();

  const bytes = chainModel(20, 512);
  const imports: number[] = [];
  for (let i = 0; i < 5; i++) {
    const large = await openPage(on, server.address);
    const beforeImport = (await longTasks(large.page)).length;
    await chooseFile(large.page, "large.onnx", bytes);
    await large.page.getByText(/20 sites/).waitFor({ timeout: 120_000 });
    // Until it is calibrating: the graph is drawn, and a first sample was run.
    await large.page.waitForTimeout(2000);
    imports.push(Math.max(0, ...(await longTasks(large.page)).slice(beforeImport)));
    await large.page.context().close();
  }

  const ms = (x: number): string => `${x.toFixed(0)} ms`;
  const spread = (times: readonly number[]): string => `${ms(median(times))}, ${ms(Math.max(...times))}`;
  const rows = [
    [
      "the page, gzipped, all that can be fetched but the model",
      "under 1 MB",
      `${(size / 1e3).toFixed(0)} kB`,
    ],
    ["of it before the first click", "", `${(started / 1e3).toFixed(0)} kB`],
    [
      "from navigation until the button works, median of 5 (all)",
      "2 s",
      `${ms(median(starts))} (${starts.map((t) => t.toFixed(0)).join(", ")})`,
    ],
    ["a move of the knob until the frame is painted, at rest: median, worst of 60", "50 ms", spread(idle)],
    ["the same while plans are being measured: median, worst of 40", "50 ms", spread(during)],
    [
      `longest block of the page while ${(bytes.length / 1e6).toFixed(0)} MB are imported, median of 5 (all)`,
      "100 ms",
      `${ms(median(imports))} (${imports.map((t) => t.toFixed(0)).join(", ")})`,
    ],
    ["from the click on the digit model to its plan", "", ms(planned)],
    ["and to the chart of all measured plans", "", ms(charted)],
    ["from choosing a digit to its outputs in all modes, on the CPU: median, worst of 10", "", spread(onCpu)],
    ["the same on WebGPU", "", spread(onGpu)],
    ["from choosing WebGPU to its first outputs: device, start-up test, shaders, run", "", ms(opened)],
  ];
  const text = `# The playground, measured

Chromium ${on.version()}, headless; ${cpus().length} cores (${cpus()[0]!.model.trim()}), load average ${load.toFixed(1)} in the minute before. WebGPU
on ${adapter}. Times are measured, once, and gate nothing. Made by \`pnpm playground:measure\`.

| what | wanted | measured |
| --- | --- | --- |
${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}

A move is measured from the input event to a task after the next frame. On WebGPU a run of a digit includes the same
run on the CPU, with which it is compared: ${executed}, ${bits}. A block is a "long
task" of the page's own thread, 50 ms or more; 0 stands for none.
`;
  writeFileSync(path.join(root, "docs/results/playground.md"), text);
  console.log(text);
}

/** Milliseconds from the click on the next sample to its outputs, ten times. */
async function digits(page: Page): Promise<number[]> {
  const before = (await outputTimes(page)).length;
  for (let i = 0; i < 10; i++) {
    await page.getByRole("button", { name: "next sample" }).click();
    await page.waitForFunction((n) => performance.getEntriesByName("outputs").length > n, before + i);
  }
  return (await outputTimes(page)).slice(before);
}

async function screenshots(on: Browser): Promise<void> {
  const folder = path.join(root, "docs/playground");
  mkdirSync(folder, { recursive: true });
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [name, width] of [
      ["wide", 1280],
      ["narrow", 390],
    ] as const) {
      const { page } = await openPage(on, server.address, { colorScheme, viewport: { width, height: 900 } });
      await planDigits(page, { chart: true });
      await page.locator(".figures").getByText("measured on 96 samples").waitFor();
      await page.getByRole("columnheader", { name: /hybrid/ }).waitFor();
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path: path.join(folder, `${colorScheme}-${name}.png`), fullPage: true });
      await page.context().close();
    }
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
