// Sums of plain values on the whole road: the pool of the fixture is planned, told, and carried out.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parsePlan } from "@mpplan/ir";
import { expect, test } from "vitest";
import { beats, clothes, models, mpplan, scratch } from "./support.js";

const model = path.join(models, "fashion-bn", "model.onnx");
const few = ["--samples", "8", "--evaluate", "4"];

interface Site {
  site: string;
  [key: string]: unknown;
}

test("inspect tells of them beside the sums of products, whose shares stay what they were", async () => {
  const { out } = await mpplan("inspect", model, "--json");
  const { sites, valueSums } = JSON.parse(out) as { sites: Site[]; valueSums: Site[] };
  expect(sites.map((s) => s.site)).toEqual(["conv1", "conv2", "conv3", "fc1"]);
  expect(sites.every((s) => s["term"] === "product")).toBe(true);
  expect(valueSums).toEqual([
    {
      site: "pool3",
      op: "GlobalAveragePool",
      term: "value",
      sameSign: true,
      neurons: 1,
      length: 49,
      components: 48,
      macs: 0,
      additions: 48 * 49,
    },
  ]);
  const text = (await mpplan("inspect", model)).out;
  expect(text).toMatch(/by operator: Conv 3 sites, .*; GlobalAveragePool 1 sites, 2352 additions\n$/);
});

test("a profile keeps them, a plan decides them, a run carries them out; one without them is refused", async () => {
  const folder = scratch();
  const [profile, plan] = [path.join(folder, "profile.json"), path.join(folder, "plan.json")];
  await mpplan("calibrate", model, "-q", ...clothes, ...few, "-o", profile);
  expect((await mpplan("inspect", profile)).out).toMatch(/pool3 +GlobalAveragePool +1 +49 +one/);
  // Patterns speak of sums of products: all of those are kept high, and the pool is what it was.
  const made = await mpplan(
    "plan",
    model,
    "-q",
    "-p",
    profile,
    "--policy",
    "kappa",
    "--budget",
    "1",
    "-o",
    plan,
  );
  expect(made.code, made.err).toBe(0);
  const { decisions, accumulators } = parsePlan(readFileSync(plan, "utf8"), plan);
  expect(decisions.at(-1)).toMatchObject({ site: "pool3", term: "value", macs: 0, neurons: 1, length: 49 });
  expect(accumulators.map((a) => a.format)).toEqual(["ieee-e4m3", "binary16"]);
  const ran = await mpplan("run", model, "-q", "--json", ...clothes, "--samples", "2", "--plan", plan);
  const { executed } = JSON.parse(ran.out) as { executed: Site[] };
  const pool = executed.find((e) => e.site === "pool3");
  expect(pool).toMatchObject({ backend: "cpu", substitution: null });
  expect(pool!["components"]).toEqual([0, pool!["total"]]);

  const { valueSums: _dropped, ...rest } = JSON.parse(readFileSync(profile, "utf8")) as Record<
    string,
    unknown
  >;
  expect(_dropped).toHaveLength(1);
  writeFileSync(profile, JSON.stringify(rest));
  const refused = await mpplan("plan", model, "-q", "-p", profile, "-o", plan);
  expect(refused.code).toBe(3);
  expect(beats(refused.err)).toMatchObject({
    what: 'The profile has 0 of the 1 neurons of "pool3"',
    next: "calibrate again",
  });
});

test("a uniform run in a finer format than the high one adds values in it too", async () => {
  const formatOf = async (format: string): Promise<number[]> => {
    const uniform = ["--mode", "uniform", "--format", format];
    const { out, err } = await mpplan("run", model, "-q", "--json", ...clothes, "--samples", "1", ...uniform);
    const { executed } = JSON.parse(out || err) as { executed: Site[] };
    return executed.find((e) => e.site === "pool3")!["components"] as number[];
  };
  // The accumulators are the uniform one and the high one.
  expect(await formatOf("binary32")).toEqual([48, 0]);
  expect(await formatOf("ieee-e4m3")).toEqual([0, 48]);
});
