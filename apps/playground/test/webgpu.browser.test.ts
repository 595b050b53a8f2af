// Journeys over the choice of a backend in a real browser, whose GPU is software, is not there, or goes away.
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { computing, drop, findChromium, launch, openPage, planDigits, ran, settled } from "./browser.js";
import { inChromium } from "./in-chromium.js";
import { chainModel, chainSamples } from "./models.js";

const chromium = findChromium();

describe.skipIf(chromium === null)("the playground's backends in Chromium", () => {
  const here = inChromium(chromium);

  test("on WebGPU every sum of a digit runs there, with the CPU's bits, and plans are measured there", async () => {
    const { page, errors } = await openPage(here.browser, here.address);
    await planDigits(page);
    await page.getByRole("button", { name: "Cancel" }).click();
    await settled(page);
    await ran(page, /sums on cpu/);
    await page.getByRole("radio", { name: "CPU" }).focus();
    await page.keyboard.press("ArrowRight");
    expect(await webgpu(page).isChecked()).toBe(true);
    await page.getByRole("button", { name: "next sample" }).click();
    await page.getByText("its label says 2").waitFor();
    const facts = await ran(page, /webgpu/);
    expect(facts).toMatch(/webgpu \(.*swiftshader.*\)/i);
    const [, own, sums] = facts.match(/(\d+) of (\d+) sums on webgpu, no substitutions/)!;
    expect(own).toBe(sums);
    expect(facts).toMatch(/same bits, in all \d modes/);
    expect(await page.getByRole("columnheader", { name: /uniform ieee-e4m3/ }).count()).toBe(1);
    await expect
      .poll(() => page.locator(".figures").innerText(), { timeout: 60_000 })
      .toMatch(/measured on 96 samples, on webgpu/);
    await page.getByRole("radio", { name: "CPU" }).check();
    await ran(page, /sums on cpu/);
    expect(await page.locator(".problem").count()).toBe(0);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  test("a chart that was measured on the CPU is measured again on WebGPU, and its errors are the same", async () => {
    const { page } = await openPage(here.browser, here.address);
    await openChain(page);
    await page.getByText("The same as a table").click();
    const table = page.getByRole("table", { name: "Measured plans" });
    const onCpu = await table.innerText();
    expect(onCpu).toMatch(/cpu/);
    await webgpu(page).check();
    await page.getByRole("button", { name: "Measure again on webgpu" }).click();
    await page.getByRole("button", { name: "Cancel" }).waitFor();
    await settled(page);
    // A chain of products and ReLUs has nothing between its sums that could differ.
    expect(await table.innerText()).toBe(onCpu.replaceAll("cpu", "webgpu"));
    await page.context().close();
  });

  test("sums that no shader carries out are told as substitutions, with the reason", async () => {
    const { page } = await openPage(here.browser, here.address);
    await openChain(page, chainModel(2, 12, "LpNormalization"));
    await ran(page, /no substitutions/);
    await webgpu(page).check();
    const facts = await ran(page, /webgpu/);
    const [, own, sums] = facts.match(/(\d+) of (\d+) sums on webgpu, \d+ substitutions?/)!.map(Number);
    // Every mode has three sums: the norms are never the GPU's, the products always are.
    expect(sums! % 3).toBe(0);
    expect(own).toBe((2 / 3) * sums!);
    expect(facts).toMatch(/relu1: cpu instead of webgpu: sums of LpNormalization have no shader/);
    expect(facts).toMatch(/same bits|the largest difference of an output is \d/);
    await page.context().close();
  });

  test("a GPU that goes away leaves the page on the CPU, with the reason and the outputs", async () => {
    const { page } = await openPage(here.browser, here.address, {
      inWorkers: `const open = GPUAdapter.prototype.requestDevice;
        GPUAdapter.prototype.requestDevice = async function (...args) {
          return (globalThis.lastDevice = await open.apply(this, args));
        }`,
    });
    await openChain(page);
    await webgpu(page).check();
    await ran(page, /sums on webgpu/);
    await computing(page).evaluate(() =>
      (globalThis as unknown as { lastDevice: GPUDevice }).lastDevice.destroy(),
    );
    await page.getByRole("button", { name: "next sample" }).click();
    const problem = page.getByRole("alert");
    await problem.waitFor();
    expect(await problem.innerText()).toMatch(
      /GPU device was lost[^]*Where\s+adapter google[^]*Next\s+the page goes on with the CPU; choose WebGPU to try again/,
    );
    await ran(page, /sums on cpu/);
    expect(await page.getByRole("radio", { name: "CPU" }).isChecked()).toBe(true);
    await webgpu(page).check();
    await ran(page, /sums on webgpu/);
    expect(await problem.count()).toBe(0);
    await page.context().close();
  });

  test("an adapter that fails the start-up test is refused in three beats, and the CPU goes on", async () => {
    const { page } = await openPage(here.browser, here.address, {
      inWorkers: `const make = GPUDevice.prototype.createShaderModule;
        GPUDevice.prototype.createShaderModule = function ({ code, ...rest }) {
          return make.call(this, { ...rest, code: code.replace("= product(x[id], y[id])", "= sum(x[id], y[id])") });
        }`,
    });
    await openChain(page);
    await webgpu(page).click();
    const problem = page.getByRole("alert");
    await problem.waitFor();
    expect(await problem.innerText()).toMatch(
      /WebGPU is refused: this adapter's arithmetic is not exact: the product of[^]*Where\s+adapter google[^]*Next\s+the page goes on with the CPU/,
    );
    expect(await page.getByRole("radio", { name: "CPU" }).isChecked()).toBe(true);
    await page.getByRole("button", { name: "next sample" }).click();
    await ran(page, /sums on cpu/);
    await page.context().close();
  });

  test("a browser without WebGPU says so, and computes on the CPU", async () => {
    const hide = "Object.defineProperty(Object.getPrototypeOf(navigator), 'gpu', { get: () => undefined })";
    const { page } = await openPage(here.browser, here.address, { inWorkers: hide });
    await page.getByText("This browser has no WebGPU", { exact: true }).waitFor();
    expect(await page.locator(".missing").innerText()).toMatch(
      /navigator\.gpu.*use a browser with WebGPU.*The CPU computes/,
    );
    expect(await webgpu(page).isDisabled()).toBe(true);
    await openChain(page);
    await ran(page, /sums on cpu/);
    await page.context().close();
  });

  test("a browser without an adapter says so", async () => {
    const plain = await launch(chromium!, { webgpu: false });
    const { page } = await openPage(plain, here.address);
    await page.getByText("WebGPU finds no adapter", { exact: true }).waitFor();
    expect(await webgpu(page).isDisabled()).toBe(true);
    await plain.close();
  });
});

const webgpu = (page: Page) => page.getByRole("radio", { name: "WebGPU" });

/** A small model of one's own, with its chart. */
async function openChain(page: Page, bytes = chainModel(2, 12)): Promise<void> {
  await drop(page, [
    { name: "chain.onnx", bytes },
    { name: "x.npy", bytes: chainSamples(24, 12) },
  ]);
  await page.getByText("of 24 samples are used").waitFor();
  await settled(page);
}
