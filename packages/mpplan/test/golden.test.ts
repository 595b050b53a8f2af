// Goldens, read in review like prose: what people see of the fixtures. `npm test -- -u` makes them anew.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parsePlan, printDocument } from "@mpplan/ir";
import { clothes, digits, models, mpplan, runBin, scratch, tiny, tinyLabels } from "./support.js";

const golden = (model: string, file: string): string => path.join(models, model, "golden", file);

/** The report as it is printed, without the place that the test chose for the plan. */
function withoutPath(out: string, file: string): string {
  return out.replace(file, "plan.json");
}

describe("tiny", () => {
  test("the plan, and the report that compile prints", async () => {
    const file = path.join(scratch(), "plan.json");
    const { code, out } = await mpplan("compile", tiny, "-q", "--labels", tinyLabels, "-o", file);
    expect(code).toBe(0);
    const plan = parsePlan(readFileSync(file, "utf8"), file);
    // A release changes the version in every plan, and nothing else.
    const unversioned = { ...plan, tool: { ...plan.tool, version: "any" } };
    await expect(printDocument(unversioned)).toMatchFileSnapshot(golden("tiny", "plan.json"));
    await expect(withoutPath(out, file)).toMatchFileSnapshot(golden("tiny", "report.txt"));
  });

  test("the graph", async () => {
    await expect((await mpplan("inspect", tiny, "--graph")).out).toMatchFileSnapshot(
      golden("tiny", "graph.txt"),
    );
  });

  test("the comparison", async () => {
    const { code, out } = await mpplan("compare", tiny, "-q", "--labels", tinyLabels);
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot(golden("tiny", "comparison.txt"));
  });
});

describe.each([
  ["paper-relu", digits],
  ["fashion-bn", clothes],
])("%s", (name, flags) => {
  const model = path.join(models, name, "model.onnx");

  test("the graph", async () => {
    await expect((await mpplan("inspect", model, "--graph")).out).toMatchFileSnapshot(
      golden(name, "graph.txt"),
    );
  });

  test("the report of 24 samples", async () => {
    const file = path.join(scratch(), "plan.json");
    const few = ["--samples", "24", "--evaluate", "8"];
    const { code, out, err } = await runBin("compile", model, "-q", ...flags, ...few, "-o", file);
    expect(code, err).toBe(0);
    await expect(withoutPath(out, file)).toMatchFileSnapshot(golden(name, "report.txt"));
  });
});
