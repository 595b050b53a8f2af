// For journeys: the built page served, and a browser, for as long as a test file runs.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { serve } from "../serve.mjs";
import { buildPage, launch } from "./browser.js";

export interface InChromium {
  /** Both are there once the tests begin. */
  readonly browser: Browser;
  readonly address: string;
}

/** Called where tests are described. */
export function inChromium(chromium: string | null): InChromium {
  let browser: Browser | undefined;
  let server: Awaited<ReturnType<typeof serve>> | undefined;
  beforeAll(async () => {
    buildPage();
    server = await serve();
    browser = await launch(chromium!);
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  return {
    get browser() {
      return browser!;
    },
    get address() {
      return server!.address;
    },
  };
}
