// The page's journeys in a real browser. Without Chromium they are skipped by name; MPPLAN_REQUIRE_BROWSER=1 makes that
// a failure.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { parsePlan, parseProfile, parseReport } from "@mpplan/ir";
import { InferenceSession } from "mpplan";
import { zipSync } from "fflate";
import type { Download, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { serve } from "../serve.mjs";
import {
  chooseFile,
  computing,
  drop,
  findChromium,
  longTasks,
  openPage,
  planDigits,
  redraws,
  settled,
} from "./browser.js";
import { inChromium } from "./in-chromium.js";
import { chainModel, chainSamples, externalChain } from "./models.js";

const chromium = findChromium();
const digits = path.resolve(import.meta.dirname, "../../../fixtures/models/paper-relu/model.onnx");

describe.skipIf(chromium === null)("the playground in Chromium", () => {
  const here = inChromium(chromium);

  test("one click plans the digit model, measures it and asks nobody else for anything", async () => {
    const { page, errors, requests } = await openPage(here.browser, here.address);
    await planDigits(page, { chart: true });
    await expect.poll(() => figure(page, "error of the outputs")).toMatch(/measured on 96 samples/);
    expect(await figure(page, "in high precision")).toMatch(/\d+\.\d %/);
    expect(await page.getByRole("img", { name: /fc1, 784 neurons, \d+ % high/ }).count()).toBe(1);
    await page.getByText("The same as a table").click();
    const table = await page.getByRole("table", { name: "Measured plans" }).innerText();
    for (const name of [
      "hybrid",
      "static sensitivity",
      "dynamic contribution",
      "dynamic kappa",
      "uniform binary16",
    ])
      expect(table).toContain(name);
    expect(await page.locator(".chart .figure svg circle.here").count()).toBe(1);
    expect(errors).toEqual([]);
    expect(requests.filter((url) => !url.startsWith(here.address) && !/^(blob|data):/.test(url))).toEqual([]);
    await page.context().close();
  });

  test("the knob redraws graph, maps and figures from the fronts, without a run", async () => {
    const { page } = await openPage(here.browser, here.address);
    await planDigits(page, { chart: true });
    const knob = page.getByRole("slider", { name: "modelled cost at most" });
    const seen = new Set<string>();
    for (const value of ["0.6", "0.7", "0.8", "0.9", "1"]) {
      const before = (await redraws(page)).length;
      await knob.fill(value);
      await expect.poll(async () => (await redraws(page)).length).toBeGreaterThan(before);
      seen.add(`${await graphText(page)} ${await canvasSum(page, "fc1: decision")}`);
    }
    expect(seen.size).toBe(5);
    expect(await graphText(page)).toMatch(/fc1, 784 neurons, \d+ % high/);
    const times = await redraws(page);
    console.log(`redraw after a move of the knob: ${times.map((t) => t.toFixed(0)).join(", ")} ms`);
    // A redraw that ran the model would take seconds.
    expect(Math.min(...times)).toBeLessThan(1000);
    await page.getByRole("radio", { name: "dynamic" }).check();
    const tau = page.getByRole("slider", { name: "tau" });
    await tau.fill("-2");
    await expect.poll(() => figure(page, "in high precision")).not.toMatch(/^0.0 %/);
    await page.getByRole("radio", { name: "static" }).check();
    await expect.poll(() => page.locator(".because").first().innerText()).not.toMatch(/score/);
    await page.context().close();
  });

  test("the knob at rest is measured, and the measurement is the plan's own", async () => {
    const { page } = await openPage(here.browser, here.address);
    await planDigits(page, { chart: true });
    const knob = page.getByRole("slider", { name: "modelled cost at most" });
    // What stands there before the page has answered is of the cost before.
    const measuredAt = (cost: RegExp) =>
      expect
        .poll(() => figure(page, "modelled cost"), { timeout: 60_000 })
        .toMatch(new RegExp(`${cost.source}[^]*measured; 1`));
    await knob.fill("1");
    await measuredAt(/1\.000/);
    expect(await figure(page, "error of the outputs")).toMatch(/measured on 96/);
    const most = await errorOf(page);
    await knob.fill("0.6");
    await measuredAt(/0\.[56]\d\d/);
    expect(await errorOf(page)).toBeGreaterThan(most);
    await page.context().close();
  });

  test("a model and an npz of one's own are planned; a model alone gets random data, loudly", async () => {
    const { page, errors } = await openPage(here.browser, here.address);
    const model = { name: "chain.onnx", bytes: chainModel(3, 24) };
    await drop(page, [model]);
    await expect.poll(() => page.locator(".warning").innerText()).toMatch(/Random data/);
    await settled(page);
    await drop(page, [{ name: "x.npz", bytes: zipSync({ "v0.npy": chainSamples(40, 24) }) }]);
    await page.getByText("of 40 samples are used").waitFor();
    await settled(page);
    expect(await page.locator(".warning").count()).toBe(0);
    expect(await page.locator(".problem").count()).toBe(0);
    expect(await page.locator(".facts").first().innerText()).toMatch(/chain.*3 sites, 72 neurons/);
    expect(await page.getByRole("heading", { name: "One sample in each mode" }).count()).toBe(1);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test("an image becomes a sample of the input's shape", async () => {
    const { page } = await openPage(here.browser, here.address);
    const shot = await page.screenshot({ clip: { x: 0, y: 0, width: 90, height: 60 } });
    const images = Array.from({ length: 4 }, (_, i) => ({
      name: `${i}.png`,
      type: "image/png",
      bytes: shot,
    }));
    await drop(page, [{ name: "digits.onnx", bytes: readFileSync(digits) }, ...images]);
    await page.getByText("4 images were scaled to the input's size").waitFor();
    await settled(page);
    expect(await page.locator(".problem").count()).toBe(0);
    // Samples alone are for the bundled model.
    await planDigits(page, { chart: true });
    await drop(page, images.slice(0, 3));
    await page.getByText("3 images were scaled to the input's size").waitFor();
    await settled(page);
    expect(await page.locator(".facts").first().innerText()).toMatch(/paper-relu/);
    expect(await page.locator(".problem").count()).toBe(0);
    await page.context().close();
  });

  test("what cannot be read is told in three beats, and the page goes on", async () => {
    const { page } = await openPage(here.browser, here.address);
    await drop(page, [{ name: "broken.onnx", bytes: new TextEncoder().encode("no model at all") }]);
    const problem = page.getByRole("alert");
    await problem.waitFor();
    expect(await problem.innerText()).toMatch(
      /not an ONNX model[\s\S]*Where\s+broken\.onnx: \S[\s\S]*Next\s+check that this is the \.onnx file/,
    );
    const model = { name: "chain.onnx", bytes: chainModel(2, 12) };
    await drop(page, [model, { name: "notes.txt", bytes: new TextEncoder().encode("1,2,3\n") }]);
    await expect.poll(() => problem.innerText()).toMatch(/text, such as CSV[\s\S]*notes\.txt[\s\S]*np\.save/);
    await settled(page);
    await planDigits(page);
    expect(await problem.count()).toBe(0);
    await page.context().close();
  });

  test("a refused file leaves the model and its samples as they were", async () => {
    const { page } = await openPage(here.browser, here.address);
    await drop(page, [
      { name: "chain.onnx", bytes: chainModel(2, 12) },
      { name: "x.npy", bytes: chainSamples(20, 12) },
    ]);
    await page.getByText("of 20 samples are used").waitFor();
    await settled(page);
    await drop(page, [{ name: "broken.onnx", bytes: new Uint8Array(40) }]);
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("slider", { name: "modelled cost at most" }).count()).toBe(1);
    await page.getByText("How samples are read").click();
    await page.getByRole("button", { name: "Plan again with these" }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
    await settled(page);
    expect(await page.locator(".facts").first().innerText()).toMatch(/chain[^]*of 20 samples are used/);
    await page.context().close();
  });

  test("weights in files of their own come with the model, and stay when other samples come", async () => {
    const { page } = await openPage(here.browser, here.address);
    const { model, weights } = externalChain(2, 12, "chain.onnx.data");
    await drop(page, [{ name: "chain.onnx", bytes: model }]);
    const problem = page.getByRole("alert");
    await expect
      .poll(() => problem.innerText())
      .toMatch(
        /"chain.onnx.data" cannot be read: it was not given[^]*drop chain.onnx and chain.onnx.data together/,
      );
    await drop(page, [
      { name: "x.npy", bytes: chainSamples(20, 12) },
      { name: "chain.onnx.data", bytes: weights },
      { name: "chain.onnx", bytes: model },
    ]);
    await page.getByText("weights from chain.onnx.data").waitFor();
    await page.getByText("of 20 samples are used").waitFor();
    await settled(page);
    await drop(page, [{ name: "x.npy", bytes: chainSamples(30, 12) }]);
    await page.getByText("of 30 samples are used").waitFor();
    await settled(page);
    expect(await problem.count()).toBe(0);
    await page.context().close();
  });

  test("a measurement is cancelled, and started again", async () => {
    const { page } = await openPage(here.browser, here.address);
    // Long enough to be interrupted on any machine.
    const files = [
      { name: "chain.onnx", bytes: chainModel(6, 600) },
      { name: "x.npy", bytes: chainSamples(400, 600) },
    ];
    await drop(page, files);
    await page.getByText("400 samples are used").waitFor();
    await drop(page, [{ name: "late.onnx", bytes: new Uint8Array(4) }]);
    await page.getByRole("heading", { name: /took nothing new/ }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await settled(page);
    const again = page.getByRole("button", { name: "Measure again" });
    await again.waitFor();
    expect(await page.getByText(/Cancelled/).count()).toBeGreaterThan(0);
    await again.click();
    await page.getByRole("button", { name: "Cancel" }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await settled(page);
    await page.context().close();
  });

  test("a chart that was cancelled goes on where it was left", async () => {
    const { page } = await openPage(here.browser, here.address);
    await planDigits(page);
    await page.getByText(/Measuring plans [1-9]/).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await settled(page);
    const rest = page.getByRole("button", { name: "Measure the rest" });
    const [, done, all] = (await page.locator(".again").innerText())
      .match(/(\d+) of (\d+) plans/)!
      .map(Number);
    expect(done).toBeLessThan(all!);
    await page.getByText("The same as a table").click();
    const rows = page.getByRole("table", { name: "Measured plans" }).locator("tbody tr");
    expect(await rows.count()).toBe(done);
    const first = await rows.first().innerText();
    await rest.click();
    await settled(page);
    expect(await rows.count()).toBe(all);
    expect(await rows.first().innerText()).toBe(first);
    expect(await rest.count()).toBe(0);
    await page.context().close();
  });

  test("the knob does not wait for the worker that computes", async () => {
    const { page } = await openPage(here.browser, here.address);
    await planDigits(page);
    let free = false;
    const blocked = computing(page)
      .evaluate(() => {
        const end = performance.now() + 8000;
        while (performance.now() < end);
      })
      .then(() => (free = true));
    const before = (await redraws(page)).length;
    await page.getByRole("slider", { name: "modelled cost at most" }).fill("0.9");
    await expect.poll(async () => (await redraws(page)).length).toBeGreaterThan(before);
    expect(free).toBe(false);
    await blocked;
    await page.context().close();
  });

  test("a drawn digit runs in every mode, and digits beyond the error are question marks", async () => {
    const { page } = await openPage(here.browser, here.address);
    await planDigits(page, { chart: true });
    const pad = page.getByRole("application", { name: /Drawing pad/ });
    await page.getByRole("button", { name: "Clear" }).click();
    const box = (await pad.boundingBox())!;
    const at = (x: number, y: number): [number, number] => [box.x + x * box.width, box.y + y * box.height];
    // A one: a stroke down the middle.
    await page.mouse.move(...at(0.5, 0.18));
    await page.mouse.down();
    await page.mouse.move(...at(0.5, 0.5), { steps: 6 });
    await page.mouse.move(...at(0.48, 0.82), { steps: 6 });
    await page.mouse.up();
    const outputs = page.getByRole("table", { name: /a \? is a digit/ });
    await expect.poll(() => winners(page), { timeout: 30_000 }).toMatch(/^1/);
    // The stroke is 0.64 of the pad long; the model sees it as long as MNIST's digits are.
    await expect.poll(() => inkHeight(page)).toBe(20);
    const header = await outputs.locator("thead").innerText();
    for (const mode of ["exact sums", "uniform ieee-e4m3", "dynamic", "static", "hybrid"])
      expect(header).toContain(mode);
    const cells = await outputs.locator("tbody tr").first().locator("td").allInnerTexts();
    expect(cells[0]).toMatch(/^−?\d+\.\d+$/);
    expect(cells[1]).toMatch(/\?/);
    // High precision leaves more digits certain than low.
    const certain = (text: string): number => text.replace(/[^0-9]/g, "").length;
    expect(certain(cells[2]!)).toBeGreaterThan(certain(cells[1]!));
    await page.context().close();
  });

  test("everything can be done by keyboard alone", async () => {
    const { page } = await openPage(here.browser, here.address);
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Skip to the model");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Plan the digit model");
    await page.keyboard.press("Enter");
    const knob = page.getByRole("slider", { name: "modelled cost at most" });
    await knob.waitFor();
    await settled(page);
    await tabTo(page, "hybrid");
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("radio", { name: "static" }).isChecked()).toBe(true);
    await page.keyboard.press("Tab");
    const before = await knob.getAttribute("aria-valuetext");
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => knob.getAttribute("aria-valuetext")).not.toBe(before);
    await tabTo(page, "Drawing pad");
    await page.keyboard.press("Delete");
    for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowUp");
    for (let i = 0; i < 16; i++) await page.keyboard.press("Shift+ArrowDown");
    await expect.poll(() => winners(page), { timeout: 30_000 }).toMatch(/^1/);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      tabTo(page, "Plan").then(() => page.keyboard.press("Enter")),
    ]);
    expect(parsePlan(await textOf(download), "the download").mode).toBe("static");
    await page.context().close();
  });

  test("downloads are the library's documents: parsed, for this model, and a plan that runs", async () => {
    const { page } = await openPage(here.browser, here.address);
    await planDigits(page, { chart: true });
    const take = async (name: string): Promise<string> => {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name, exact: true }).click(),
      ]);
      await settled(page);
      return textOf(download);
    };
    const plan = parsePlan(await take("Plan"), "the plan");
    const report = parseReport(await take("Report"), "the report");
    const profile = parseProfile(await take("Profile"), "the profile");
    const html = await take("Comparison");
    expect(plan.predicted).toMatchObject({ samples: 32, guarantee: "calibrated" });
    expect(report.evaluated).toBe(96);
    expect([report.model.digest, profile.model.digest]).toEqual([plan.model.digest, plan.model.digest]);
    expect(html).toMatch(/<!doctype html>[\s\S]*paper-relu[\s\S]*hybrid/);
    const session = await InferenceSession.create(digits, { plan });
    expect(session.plan?.mode).toBe("hybrid");
    await session.release();
    await page.context().close();
  });

  test("importing 20 MB blocks the page for no more than a moment", async () => {
    const { page } = await openPage(here.browser, here.address);
    const bytes = chainModel(20, 512);
    expect(bytes.length).toBeGreaterThan(20e6);
    await chooseFile(page, "large.onnx", bytes);
    await page.getByText(/20 sites/).waitFor({ timeout: 120_000 });
    const blocks = await longTasks(page);
    console.log(
      `longest block of the page while 20 MB are imported: ${Math.max(0, ...blocks).toFixed(0)} ms`,
    );
    // Were the model read on the page's own thread, it would stand still for seconds.
    expect(Math.max(0, ...blocks)).toBeLessThan(1000);
    await page.getByRole("button", { name: "Cancel" }).click();
    await settled(page);
    await page.context().close();
  });

  test("without cross-origin isolation one thread computes, and the page says why", async () => {
    const plain = await serve(0, { isolated: false });
    const { page } = await openPage(here.browser, plain.address);
    await expect.poll(() => page.locator(".facts-list").innerText()).toMatch(/1 of \d+ cores: .*isolated/);
    await drop(page, [
      { name: "chain.onnx", bytes: chainModel(2, 16) },
      { name: "x.npy", bytes: chainSamples(20, 16) },
    ]);
    await page.getByRole("slider", { name: "modelled cost at most" }).waitFor();
    await page.context().close();
    await plain.close();
  });

  test.each(["light", "dark"] as const)(
    "axe finds nothing serious, %s, before and after planning",
    async (colorScheme) => {
      const { page } = await openPage(here.browser, here.address, { colorScheme });
      // Through the debugger: the page's policy rightly refuses scripts of others.
      await page.evaluate(
        readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"),
      );
      expect(await violations(page)).toEqual([]);
      await planDigits(page, { chart: true });
      for (const summary of await page.locator("summary").all()) await summary.click();
      expect(await violations(page)).toEqual([]);
      await page.context().close();
    },
  );

  test("the device says how its GPU accumulates, with a fingerprint to share", async () => {
    const { page } = await openPage(here.browser, here.address);
    await page.getByRole("button", { name: "How does this GPU accumulate?" }).click();
    const facts = page.locator("#probe");
    await facts.waitFor({ timeout: 60_000 });
    const text = (await facts.textContent())!;
    expect(text).toMatch(/adapter.*swiftshader/i);
    expect(text).toMatch(/emulated sums exactyes/);
    expect(text).toMatch(/fingerprint[0-9a-f]{8}/);
    await page.context().close();
  });

  test("no width makes the page scroll sideways", async () => {
    for (const width of [1280, 390, 320]) {
      const { page } = await openPage(here.browser, here.address, { viewport: { width, height: 800 } });
      await planDigits(page, { chart: width === 390 });
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(over, `at ${width} pixels`).toBeLessThanOrEqual(0);
      await page.context().close();
    }
  });
});

/** A figure of the plan with its note, on one line. */
async function figure(page: Page, name: string): Promise<string> {
  const text = await page
    .locator(".figures > div", { has: page.getByText(name, { exact: true }) })
    .locator("dd")
    .allInnerTexts();
  return text.join(" ");
}

const errorOf = async (page: Page): Promise<number> =>
  Number((await figure(page, "error of the outputs")).split(" ")[0]);

const graphText = async (page: Page): Promise<string> =>
  (await page.getByRole("img", { name: /nodes from inputs to outputs/ }).getAttribute("aria-label")) ?? "";

const canvasSum = (page: Page, label: string): Promise<number> =>
  page.getByRole("img", { name: label }).evaluate((canvas: HTMLCanvasElement) =>
    canvas
      .getContext("2d")!
      .getImageData(0, 0, canvas.width, canvas.height)
      .data.reduce((sum, x, i) => sum + x * ((i % 97) + 1), 0),
  );

/** Rows of what the model sees that have any ink. */
const inkHeight = (page: Page): Promise<number> =>
  page.locator("canvas.seen").evaluate((canvas: HTMLCanvasElement) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, width, height);
    const inked = (y: number): boolean =>
      data.subarray(4 * width * y, 4 * width * (y + 1)).some((v, i) => i % 4 === 0 && v > 0);
    return [...Array(height).keys()].filter(inked).length;
  });

/** The class that each mode decides for. */
async function winners(page: Page): Promise<string> {
  const rows = await page.locator(".outputs tbody tr").all();
  const counts = await Promise.all(rows.map((row) => row.locator("td.winner").count()));
  return counts.flatMap((count, digit) => (count > 0 ? [digit] : [])).join(" ");
}

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement!;
    const label =
      element.getAttribute("aria-label") ?? (element as HTMLInputElement).labels?.[0]?.textContent;
    return (label ?? element.textContent ?? "").trim();
  });

async function tabTo(page: Page, name: string): Promise<void> {
  for (let i = 0; i < 60; i++) {
    const now = await focused(page);
    if (now === name || (name.length > 8 && now.startsWith(name))) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no Tab leads to "${name}"`);
}

async function textOf(download: Download): Promise<string> {
  return readFileSync(await download.path(), "utf8");
}

/** Serious and critical findings of axe, each as one line. */
async function violations(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{
          violations: { id: string; impact: string; nodes: { target: unknown; failureSummary: string }[] }[];
        }>;
      };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map((n) => `${JSON.stringify(n.target)} ${n.failureSummary}`).join("; ")}`,
      );
  });
}
