import { beforeAll, expect, test } from "vitest";
import { buildPage } from "./browser.js";
import { pageSize } from "./size.js";

beforeAll(buildPage, 600_000);

test("the page is less than 1 MB compressed, without the model", () => {
  const whole = pageSize();
  expect(whole).toBeGreaterThan(50_000);
  expect(whole).toBeLessThan(1_000_000);
});
