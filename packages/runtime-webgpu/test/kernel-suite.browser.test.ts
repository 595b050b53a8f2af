// The suite of the testkit in a real browser: the system's Chromium, whose WebGPU runs on SwiftShader.
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { kernelChecks } from "@mpplan/testkit/checks";
import { build } from "esbuild";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SuitePage } from "./page.js";
import { suiteOptions } from "./suite-options.js";

const asked = process.env["MPPLAN_CHROMIUM"] ?? "/usr/bin/chromium";
const missing = existsSync(asked) ? null : `no Chromium: ${asked} does not exist`;
if (missing && process.env["MPPLAN_REQUIRE_BROWSER"] === "1") throw new Error(missing);

const flags = [
  ...["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"],
];

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, "page.ts")],
    ...{ bundle: true, write: false, format: "esm", platform: "browser", target: "es2022" },
    conditions: ["@mpplan/source"],
  });
  return outputFiles[0]!.text;
}

/** A page with the script, on an address of this machine: WebGPU is there in secure contexts only. */
async function served(script: string): Promise<Server> {
  const server = createServer(({ url }, response) => {
    const [type, text] = url === "/page.js" ? ["text/javascript", script] : ["text/html", html];
    response.writeHead(200, { "content-type": type }).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const html = `<!doctype html><title>kernel suite</title><script type="module" src="/page.js"></script>`;

type WithSuite = typeof globalThis & { suite?: Promise<SuitePage> };

describe.skipIf(missing !== null)(`chromium${missing ? `: skipped: ${missing}` : ""}`, () => {
  let server: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await served(await bundled());
    browser = await chromium.launch({ executablePath: asked, args: flags });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => "suite" in globalThis);
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const checks = kernelChecks(suiteOptions);

  test("the page has the adapter, whose arithmetic is exact, and the same checks", async () => {
    const facts = await page.evaluate(async () => {
      const { adapter, inexact, names } = await (globalThis as WithSuite).suite!;
      return { architecture: adapter.architecture, inexact, names };
    });
    expect(facts).toEqual({
      architecture: "swiftshader",
      inexact: null,
      names: checks.map(({ name }) => name),
    });
  });

  for (const [i, { group, name }] of checks.entries()) {
    test(`${group}: ${name}`, async () => {
      const why = await page.evaluate(async (at) => (await (globalThis as WithSuite).suite!).run(at), i);
      expect(why).toBeNull();
    });
  }
});
