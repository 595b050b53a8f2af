// A real browser for tests: the system's Chromium, driven by Playwright, on the built page.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page, type Worker } from "playwright-core";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Chromium's path, or null: tests that need it are then skipped by name, or fail with MPPLAN_REQUIRE_BROWSER=1. */
export function findChromium(): string | null {
  const asked = process.env["MPPLAN_CHROMIUM"];
  const found = (asked ? [asked] : places).find((place) => existsSync(place));
  if (found) return found;
  if (process.env["MPPLAN_REQUIRE_BROWSER"] !== "1") return null;
  throw new Error(
    `no Chromium\n  where: ${asked ?? places.join(", ")}\n  next: apt-get install chromium, or name it with MPPLAN_CHROMIUM`,
  );
}

/** Builds the page where its sources have changed; the cache makes this nearly free otherwise. */
export function buildPage(): void {
  const root = path.resolve(import.meta.dirname, "../../..");
  execFileSync(
    path.join(root, "node_modules/.bin/turbo"),
    ["run", "build", "--filter=@mpplan/playground", "--output-logs=errors-only"],
    { cwd: root, stdio: "pipe", env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" } },
  );
}

/** WebGPU on the processor (SwiftShader), or, without it, no adapter at all. */
export function launch(executablePath: string, { webgpu = true } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      ...(webgpu ? ["--enable-unsafe-webgpu"] : []),
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-quic",
      "--no-first-run",
    ],
  });
}

export interface OpenedPage {
  readonly page: Page;
  /** What the page wrote to its console as errors, what it threw, and every address it asked for. */
  readonly errors: readonly string[];
  readonly requests: readonly string[];
}

export interface PageOptions extends BrowserContextOptions {
  /** A script that the page's workers run before their own. */
  readonly inWorkers?: string;
}

/** A new page on that address, ready to be used. */
export async function openPage(
  browser: Browser,
  address: string,
  { inWorkers, ...options }: PageOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  if (inWorkers !== undefined) {
    await page.route("**/{worker,cuts}.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${inWorkers};\n${await response.text()}` });
    });
  }
  page.setDefaultTimeout(60_000);
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.addInitScript(watchLongTasks);
  await page.goto(address);
  await page.waitForFunction(() => performance.getEntriesByName("interactive").length > 0);
  return { page, errors, requests };
}

/** Durations of tasks that block the page for 50 ms or more, kept on window. */
function watchLongTasks(): void {
  const seen: number[] = [];
  Object.assign(globalThis, { longTasks: seen });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.push(entry.duration);
  }).observe({ type: "longtask", buffered: true });
}

export const longTasks = (page: Page): Promise<number[]> =>
  page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks);

/** Until no work is going on. */
export async function settled(page: Page): Promise<void> {
  await page.waitForSelector(".progress", { state: "detached", timeout: 240_000 });
}

/** The bundled model, planned; with its chart where `chart` is true. */
export async function planDigits(page: Page, { chart = false } = {}): Promise<void> {
  await page.getByRole("button", { name: "Plan the digit model" }).click();
  await page.getByRole("slider", { name: "modelled cost at most" }).waitFor();
  if (chart) await settled(page);
}

/** The worker that computes. */
export function computing(page: Page): Worker {
  return page.workers().find((worker) => worker.url().endsWith("/worker.js"))!;
}

/** What the last run says of itself, once it says this. */
export async function ran(page: Page, says: RegExp): Promise<string> {
  const facts = page.locator(".ran[aria-busy=false]").filter({ hasText: says });
  await facts.waitFor({ timeout: 120_000 });
  return facts.innerText();
}

/** Drops files onto the page as a person does. */
export async function drop(
  page: Page,
  files: readonly { name: string; type?: string; bytes: Uint8Array }[],
): Promise<void> {
  const given = files.map(({ name, type = "", bytes }) => ({
    name,
    type,
    text: Buffer.from(bytes).toString("base64"),
  }));
  await page.evaluate((list) => {
    const transfer = new DataTransfer();
    for (const { name, type, text } of list) {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    document.body.dispatchEvent(
      new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }),
    );
  }, given);
}

/** Chooses a file through the file field; it comes from the disk, so that the driver takes no time of the page. */
export async function chooseFile(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "mpplan-page-"));
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  await page.getByLabel("Choose an ONNX model and samples").setInputFiles(file);
  page.once("close", () => rmSync(folder, { recursive: true, force: true }));
}

/** Milliseconds from the input to the painted frame, of every redraw so far. */
export const redraws = (page: Page): Promise<number[]> => measures(page, "redraw");

/** The same from a choice of an input to its outputs in every mode. */
export const outputTimes = (page: Page): Promise<number[]> => measures(page, "outputs");

const measures = (page: Page, name: string): Promise<number[]> =>
  page.evaluate((of) => performance.getEntriesByName(of).map((entry) => entry.duration), name);
