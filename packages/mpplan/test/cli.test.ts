// What every command does on the tiny network, whose test_data_set_* folders lie beside it.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Writable } from "node:stream";
import { beforeAll, describe, expect, test } from "vitest";
import pc from "picocolors";
import { mergeProfiles } from "@mpplan/calibration";
import { parsePlan, parseProfile, printDocument, presets } from "@mpplan/ir";
import { buildModel, node, value, weights } from "../../onnx/test/model-builder.js";
import { main } from "../src/cli/main.js";
import { writeNpy } from "../src/data/npy.js";
import { contentsOf, models, mpplan, runBin, scratch, tiny, tinyLabels } from "./support.js";

const read = (...parts: string[]): string => readFileSync(path.join(...parts), "utf8");

async function planAt(folder: string, ...flags: string[]): Promise<string> {
  const file = path.join(folder, "plan.json");
  expect(await mpplan("compile", tiny, "-q", "-o", file, ...flags)).toMatchObject({ code: 0, err: "" });
  return file;
}

describe("compile", () => {
  test("without --data the folders beside the model are used, and the run says so", async () => {
    const out = path.join(scratch(), "plan.json");
    const { code, err } = await mpplan("compile", tiny, "-o", out);
    expect(code).toBe(0);
    expect(err).toContain("the 24 folders test_data_set_* beside the model are used");
  });

  test("the resolved settings are echoed before any work, then a line per stage", async () => {
    const out = path.join(scratch(), "plan.json");
    const { err } = await mpplan("compile", tiny, "-o", out, "--order", "pairwise", "--seed", "7");
    expect(err.split("\n").map((line) => line.trim().split(/ {2,}/)[0])).toEqual([
      "mpplan compile",
      ...["model", "inputs", "samples", "preset", "low", "high", "operands", "layout", "modelled cost"],
      ...["decides", "budget", "threads", "writes to"],
      expect.stringMatching(/^note: no --data was given/),
      expect.stringMatching(/^calibrating 9 samples took [\d.]+ s$/),
      expect.stringMatching(/^tuning 3 samples(, \d+ times,)? took [\d.]+ s$/),
      expect.stringMatching(/^evaluating 12 samples took [\d.]+ s$/),
      "",
    ]);
    expect(err).toContain("ieee-e4m3, pairwise, f32-add, nearest-even, saturate");
    expect(err).toContain("24, seed 7");
    expect(err).toContain(out);
  });

  test("stdout is the same with --quiet, and stderr is empty", async () => {
    const out = path.join(scratch(), "plan.json");
    const loud = await mpplan("compile", tiny, "-o", out);
    const quiet = await mpplan("compile", tiny, "-o", out, "--quiet");
    expect(quiet).toEqual({ code: 0, out: loud.out, err: "" });
  });

  test("--json prints plan and report, and writes a file only where one is named", async () => {
    const folder = scratch();
    const { code, out } = await runBin("compile", tiny, "--json", "-q");
    expect(code).toBe(0);
    const { plan, report, ...rest } = JSON.parse(out);
    expect(rest).toEqual({ unplanned: [] });
    expect([plan.kind, report.kind]).toEqual(["mpplan-plan", "mpplan-report"]);
    const file = await planAt(folder, "--json");
    expect(JSON.parse(read(file))).toEqual(plan);
  });

  test("the plan's default name is the model's, in the current folder", async () => {
    const folder = scratch();
    const { startBin } = await import("./support.js");
    const { code, out } = await startBin(["compile", tiny, "-q"], folder).done;
    expect(code).toBe(0);
    expect(out).toContain("plan written to model.plan.json");
    expect(Object.keys(contentsOf(folder))).toEqual(["model.plan.json"]);
  });

  test("the same seed gives the same bytes, in this process and in the built program; another seed differs", async () => {
    const folder = scratch();
    const first = read(await planAt(folder, "--seed", "3"));
    expect(read(await planAt(folder, "--seed", "3"))).toBe(first);
    const file = path.join(folder, "built.json");
    expect((await runBin("compile", tiny, "-q", "-o", file, "--seed", "3")).code).toBe(0);
    expect(read(file)).toBe(first);
    const other = read(await planAt(folder, "--seed", "4"));
    expect(parsePlan(other, "").data!.digest).not.toBe(parsePlan(first, "").data!.digest);
  });

  test.each(presets.map((p) => p.name))("the preset %s", async (preset) => {
    const plan = parsePlan(read(await planAt(scratch(), "--preset", preset)), "");
    expect(plan.preset).toBe(preset);
    expect(plan.predicted!.cost).toBeLessThanOrEqual(0.75);
  });

  test("a ladder of three formats uses what lies between", async () => {
    const plan = parsePlan(read(await planAt(scratch(), "--formats", "ieee-e4m3,e4m7,binary16")), "");
    expect(plan.accumulators.map((a) => a.format)).toEqual(["ieee-e4m3", "e4m7", "binary16"]);
    const used = plan.decisions
      .flatMap((d) => d.ranges.map((r) => r.choice))
      .map((c) => c.mode === "static" && c.use);
    expect(new Set(used)).toContain(1);
  });

  test("--cost replaces the table, so the same budget buys another plan", async () => {
    const folder = scratch();
    const still = ["--policy", "sensitivity"];
    const plain = parsePlan(read(await planAt(folder, ...still)), "");
    const cheap = parsePlan(read(await planAt(folder, ...still, "--cost", "ieee-e4m3=1,binary16=4")), "");
    expect(cheap.costs).toEqual({ "ieee-e4m3": 1, binary16: 4 });
    // 1/4 + 3/4 rho <= 0.75 allows 2/3 in high precision; 1/2 + 1/2 rho allows half.
    expect(plain.predicted!.fractionHigh).toBeLessThanOrEqual(1 / 2);
    expect(cheap.predicted!.fractionHigh).toBeGreaterThan(1 / 2);
    expect(cheap.predicted!.fractionHigh).toBeLessThanOrEqual(2 / 3);
  });

  test("--exclude keeps sites in high precision, --include plans only those that match", async () => {
    const folder = scratch();
    const high = (file: string): string[] =>
      parsePlan(read(file), "")
        .decisions.filter((d) => d.because === "kept in high precision, as asked")
        .map((d) => {
          expect(d.ranges).toEqual([{ start: 0, end: d.neurons, choice: { mode: "static", use: 1 } }]);
          return d.site;
        });
    expect(high(await planAt(folder, "--exclude", "fc2", "--exclude", "fc3"))).toEqual(["fc2", "fc3"]);
    expect(high(await planAt(folder, "--include", "*1"))).toEqual(["fc2", "fc3"]);
    expect(high(await planAt(folder, "--include", "fc?", "--exclude", "fc3"))).toEqual(["fc3"]);
    const rule = await planAt(folder, "--exclude", "fc2", "--rule", "kappa", "--budget", "0.8");
    expect(high(rule)).toEqual(["fc2"]);
  });

  test.each([
    ["--budget 0.6", { kind: "cost", value: 0.6 }],
    ["--max-high 0.25", { kind: "share", value: 0.25 }],
    ["--tau 0.3 --policy kappa", { kind: "tau", value: 0.3 }],
    ["--tau 0.3 --rule kappa", { kind: "tau", value: 0.3 }],
    ["--budget 0.7 --rule random", { kind: "cost", value: 0.7 }],
    ["--max-high 0.2 --rule random-live", { kind: "share", value: 0.2 }],
    ["--policy uniform", { kind: "none" }],
  ])("the budget of %s is in the plan, and kept on the tuning samples", async (flags, budget) => {
    const plan = parsePlan(read(await planAt(scratch(), ...flags.split(" "))), "");
    expect(plan.budget).toEqual(budget);
    if (plan.budget.kind === "cost") expect(plan.predicted!.cost).toBeLessThanOrEqual(plan.budget.value);
    if (plan.budget.kind === "share")
      expect(plan.predicted!.fractionHigh).toBeLessThanOrEqual(plan.budget.value);
  });

  test("made-up samples are recorded in the plan, and said aloud everywhere", async () => {
    const folder = scratch();
    const file = path.join(folder, "plan.json");
    const { code, out, err } = await mpplan("compile", tiny, "--random-data", "16", "-o", file);
    expect(code).toBe(0);
    expect(parsePlan(read(file), "").data).toMatchObject({ random: true, samples: 6 });
    expect(err).toContain("RANDOM DATA");
    expect(out).toContain("RANDOM DATA");
    expect((await mpplan("inspect", file)).out).toContain("RANDOM DATA");
    const compared = await mpplan("compare", tiny, "--random-data", "16", "-q", "--costs", "0.75");
    expect(compared.out).toContain("RANDOM DATA");
  });

  test("--task values measures plain errors: no flips", async () => {
    const { report } = JSON.parse((await mpplan("compile", tiny, "-q", "--json", "--task", "values")).out);
    expect(report.flips).toBeNull();
    const logits = JSON.parse((await mpplan("compile", tiny, "-q", "--json")).out).report;
    expect(logits.flips).toBe(0);
    expect(report.error).not.toBe(logits.error);
  });

  test("--labels adds the accuracy", async () => {
    const { out } = await mpplan("compile", tiny, "-q", "--json", "--labels", tinyLabels);
    const { report } = JSON.parse(out);
    expect([report.accuracy, report.referenceAccuracy]).toEqual([1, 1]);
  });
});

describe("calibrate and plan", () => {
  test("the two halves give the bytes that compile gives", async () => {
    const folder = scratch();
    const [profile, plan] = [path.join(folder, "profile.json"), path.join(folder, "halves.json")];
    expect((await mpplan("calibrate", tiny, "-q", "-o", profile)).code).toBe(0);
    expect((await mpplan("plan", tiny, "-q", "-p", profile, "-o", plan)).code).toBe(0);
    expect(read(plan)).toBe(read(await planAt(folder)));
  });

  test("profiles of eight shards merge to the whole one, and plan to the same bytes", async () => {
    const folder = scratch();
    const at = (name: string): string => path.join(folder, name);
    expect((await mpplan("calibrate", tiny, "-q", "-o", at("whole.json"))).code).toBe(0);
    const shards = Array.from({ length: 8 }, (_, i) => at(`shard${i + 1}.json`));
    for (const [i, file] of shards.entries()) {
      expect((await mpplan("calibrate", tiny, "-q", "--shard", `${i + 1}/8`, "-o", file)).code).toBe(0);
    }
    // In any order: the sums are exact.
    const parts = shards.toReversed();
    const merged = mergeProfiles(parts.map((file) => parseProfile(read(file), file)));
    expect(printDocument(merged)).toBe(read(at("whole.json")));

    await mpplan("plan", tiny, "-q", "-p", at("whole.json"), "-o", at("a.json"));
    await mpplan("plan", tiny, "-q", ...parts.flatMap((file) => ["-p", file]), "-o", at("b.json"));
    expect(read(at("b.json"))).toBe(read(at("a.json")));
  });

  test("a prediction on samples that the profile may have seen is labelled observed, and the run says so", async () => {
    const folder = scratch();
    const [profile, plan] = [path.join(folder, "profile.json"), path.join(folder, "plan.json")];
    await mpplan("calibrate", tiny, "-q", "-o", profile, "--all");
    const { code, err } = await mpplan("plan", tiny, "-p", profile, "-o", plan);
    expect(code).toBe(0);
    expect(err).toContain("the prediction is labelled observed");
    expect(parsePlan(read(plan), plan)).toMatchObject({
      data: { samples: 24 },
      predicted: { guarantee: "observed" },
    });
    // Tune samples that chose among plans promise nothing; those that only measure do.
    expect(parsePlan(read(await planAt(folder)), plan).predicted!.guarantee).toBe("observed");
    const still = await planAt(folder, "--policy", "sensitivity");
    expect(parsePlan(read(still), plan).predicted!.guarantee).toBe("calibrated");
  });

  test("without any samples the plan carries no prediction, and the run says so", async () => {
    const folder = scratch();
    const [model, profile, plan] = ["m.onnx", "profile.json", "plan.json"].map((name) =>
      path.join(folder, name),
    );
    writeFileSync(model!, readFileSync(tiny));
    await mpplan("calibrate", tiny, "-q", "-o", profile!);
    const { code, err } = await mpplan("plan", model!, "-p", profile!, "-o", plan!);
    expect(code).toBe(0);
    expect(err).toContain("the plan carries no prediction");
    expect(parsePlan(read(plan!), "").predicted).toBeNull();
  });

  test("calibrate --json tells of the profile without printing it", async () => {
    const file = path.join(scratch(), "profile.json");
    const { out } = await mpplan("calibrate", tiny, "-q", "--json", "-o", file);
    const facts = JSON.parse(out);
    expect(Object.keys(facts)).toEqual(["model", "data", "sites", "output"]);
    expect(facts.sites[0]).toEqual({ site: "fc1", op: "Gemm", neurons: 16, length: 49, macs: 784 });
  });

  test("plan --json prints the plan that it wrote", async () => {
    const folder = scratch();
    const [profile, plan] = [path.join(folder, "profile.json"), path.join(folder, "plan.json")];
    await mpplan("calibrate", tiny, "-q", "-o", profile);
    const { out } = await mpplan("plan", tiny, "-q", "--json", "-p", profile, "-o", plan);
    expect(JSON.parse(out)).toEqual(JSON.parse(read(plan)));
  });
});

describe("run", () => {
  test("a plan is executed as it is written", async () => {
    const folder = scratch();
    const file = await planAt(folder);
    const { code, out } = await mpplan("run", tiny, "-q", "--json", "--plan", file);
    expect(code).toBe(0);
    const done = JSON.parse(out);
    expect(Object.keys(done)).toEqual(["outputs", "executed", "seconds"]);
    expect(done.outputs).toEqual({ logits: { dims: [24, 10], type: "float32" } });
    for (const decision of parsePlan(read(file), file).decisions) {
      const expected = [0, 0];
      for (const { start, end, choice } of decision.ranges) {
        if (choice.mode === "static") expected[choice.use]! += 24 * (end - start);
      }
      const site = done.executed.find((e: { site: string }) => e.site === decision.site);
      expect(site).toMatchObject({ components: expected, recomputed: 0, substitution: null });
    }
  });

  test("the modelled cost for people is the one that the plan's report has", async () => {
    const file = await planAt(scratch());
    const { out } = await mpplan("run", tiny, "-q", "--plan", file);
    const { cost, fractionHigh } = parsePlan(read(file), "").predicted!;
    expect(out).toContain(`modelled cost ${cost.toFixed(4)}, ${(100 * fractionHigh).toFixed(1)} %`);
    expect(out).toContain("the values were not kept: give -o out.npz");
  });

  test.each([
    ["uniform", ["--mode", "uniform", "--format", "ieee-e4m3"], [24 * 16, 0], 0],
    ["uniform in the high format", ["--mode", "uniform"], [0, 24 * 16], 0],
    ["uniform in a format of no preset", ["--mode", "uniform", "--format", "e5m6"], [24 * 16, 0], 0],
    [
      "dynamic, everything recomputed",
      ["--mode", "dynamic", "--rule", "kappa-full", "--tau", "0"],
      null,
      null,
    ],
  ])("%s", async (_name, flags, components, recomputed) => {
    const { code, out } = await mpplan("run", tiny, "-q", "--json", ...flags);
    expect(code).toBe(0);
    const [fc1] = JSON.parse(out).executed;
    if (components) expect(fc1).toMatchObject({ components, recomputed });
    else {
      expect(fc1.components).toEqual([fc1.total, fc1.recomputed]);
      expect(fc1.recomputed).toBeGreaterThan(0);
      expect(fc1.magnitudes).toBe(fc1.total);
    }
  });

  test("more is recomputed as tau falls", async () => {
    const share = async (tau: string): Promise<number> => {
      const { out } = await mpplan(
        "run",
        tiny,
        "-q",
        "--json",
        "--mode",
        "dynamic",
        "--rule",
        "kappa",
        "--tau",
        tau,
      );
      return JSON.parse(out).executed.reduce(
        (sum: number, e: { recomputed: number }) => sum + e.recomputed,
        0,
      );
    };
    const shares = [await share("1"), await share("0.5"), await share("0.3"), await share("0.1")];
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(new Set(shares).size).toBe(4);
  });

  test("reference without a preset is the model as it stands; a plan brings its operands", async () => {
    const folder = scratch();
    const plan = await planAt(folder);
    const echo = async (...flags: string[]): Promise<string> => (await mpplan("run", tiny, ...flags)).err;
    expect(await echo()).toMatch(/operands +weights as they are, activations as they are/);
    expect(await echo("--preset", "paper")).toMatch(/operands +weights ieee-e4m3/);
    expect(await echo("--weights-format", "bfloat16")).toMatch(/operands +weights bfloat16, activations as/);
    const reference = await mpplan("run", tiny, "--plan", plan, "--mode", "reference");
    expect(reference.err).toMatch(/operands +weights ieee-e4m3/);
    expect(reference.out).toContain("exact sums: no accumulator was emulated");
  });

  test("labels give the accuracy, for people and as JSON", async () => {
    expect((await mpplan("run", tiny, "-q", "--labels", tinyLabels)).out).toContain("accuracy 95.83 %");
    const { out } = await mpplan("run", tiny, "-q", "--labels", tinyLabels, "--json");
    expect(JSON.parse(out).accuracy).toBe(23 / 24);
  });

  test("--samples runs the first ones", async () => {
    const { out, err } = await mpplan("run", tiny, "--json", "--samples", "5");
    expect(err).toMatch(/samples +the first 5 of 24/);
    expect(JSON.parse(out).outputs.logits.dims).toEqual([5, 10]);
  });

  test("what -o writes is read again, as --data and by the library", async () => {
    const folder = scratch();
    const inputs = path.join(folder, "inputs.npz");
    const [first, again] = [path.join(folder, "first.npz"), path.join(folder, "again.npz")];
    const { writeNpz } = await import("../src/data/npz.js");
    const { loadSamples } = await import("../src/node/samples.js");
    const spec = [{ id: "input", type: { elem: "float32" as const, shape: ["N", 49] } }];
    const { samples } = loadSamples({ modelPath: tiny, inputs: spec });
    const data = new Float32Array(24 * 49);
    for (let i = 0; i < 24; i++) data.set(samples.at(i).get("input")!.data as Float32Array, i * 49);
    writeFileSync(inputs, writeNpz(new Map([["input", { elem: "float32" as const, dims: [24, 49], data }]])));

    expect((await mpplan("run", tiny, "-q", "-o", first)).code).toBe(0);
    expect((await mpplan("run", tiny, "-q", "--data", inputs, "-o", again)).code).toBe(0);
    expect(readFileSync(again).equals(readFileSync(first))).toBe(true);

    const { parseNpz } = await import("../src/data/npz.js");
    const logits = parseNpz(readFileSync(first), first).get("logits")!.tensor;
    expect(logits).toMatchObject({ elem: "float32", dims: [24, 10] });
    const output = loadSamples({
      data: [first],
      modelPath: tiny,
      inputs: [{ id: "logits", type: { elem: "float32", shape: ["N", 10] } }],
    });
    expect(output.samples.count).toBe(24);
  });
});

describe("compare", () => {
  const fields = [
    ...["name", "mode", "policy", "rule", "tau", "targetCost", "cost", "fractionHigh", "error"],
    ...["predicted", "flips", "accuracy", "seconds", "note"],
  ];

  test("--json has the fields of the contract, and nothing else on stdout", async () => {
    const { code, out } = await mpplan("compare", tiny, "--json", "--labels", tinyLabels);
    expect(code).toBe(0);
    const document = JSON.parse(out);
    expect(Object.keys(document)).toEqual([
      "model",
      "samples",
      "evaluated",
      "seed",
      "settings",
      "unplanned",
      "rows",
    ]);
    for (const row of document.rows) expect(Object.keys(row)).toEqual(fields);
  });

  test("-o and --html write what --json prints, and a page", async () => {
    const folder = scratch();
    const [json, html] = [path.join(folder, "c.json"), path.join(folder, "c.html")];
    const { out, err } = await mpplan(
      "compare",
      tiny,
      "--json",
      "-o",
      json,
      "--html",
      html,
      "--costs",
      "0.75",
    );
    expect(JSON.parse(read(json))).toEqual(JSON.parse(out));
    expect(read(html)).toMatch(/^<!doctype html>/i);
    expect(err.match(/^tuning/gm)).toHaveLength(1);
  });

  test("every rule and policy can be asked for, uniform among them", async () => {
    const { out } = await mpplan(
      ...["compare", tiny, "-q", "--json", "--rule", "all", "--policy", "all,uniform"],
      ...["--costs", "0.75,0.75,1.2", "--taus", "1,1"],
    );
    const { rows } = JSON.parse(out) as { rows: { name: string; targetCost: number | null }[] };
    const names = rows.map((row) => `${row.name} at ${row.targetCost}`);
    expect(new Set(names).size).toBe(names.length);
    for (const name of [
      "dynamic kappa",
      "dynamic kappa-full",
      "static absolute",
      "static kappa-ladder",
      "static random-live",
    ]) {
      expect(names).toContain(`${name} at 0.75`);
    }
    expect(names.filter((name) => name.includes("tau"))).toEqual(["dynamic kappa, tau 1 at null"]);
  });

  test("a rule that has nothing left to recompute says so, and one that costs too much says what it costs", async () => {
    const { out } = await mpplan(
      "compare",
      tiny,
      "-q",
      "--json",
      "--rule",
      "kappa,kappa-full",
      "--costs",
      "0.75,1.5",
    );
    const { rows } = JSON.parse(out) as {
      rows: { name: string; targetCost: number; note: string; cost: number }[];
    };
    const row = (name: string, target: number) =>
      rows.find((r) => r.name === name && r.targetCost === target)!;
    expect(row("dynamic kappa", 1.5).note).toBe("nothing is left that the rule would recompute");
    expect(row("dynamic kappa-full", 0.75)).toMatchObject({
      note: "cannot: it costs at least 1",
      cost: null,
    });
  });

  test("the rows do not depend on what else is compared", async () => {
    type Row = { name: string; targetCost: number | null; seconds: number };
    const rows = async (...flags: string[]): Promise<Row[]> =>
      JSON.parse((await mpplan("compare", tiny, "-q", "--json", ...flags)).out).rows;
    const few = await rows("--costs", "0.75", "--taus", "0.3");
    const many = await rows("--rule", "all", "--policy", "all");
    for (const row of few) {
      const same = many.find((r) => r.name === row.name && r.targetCost === row.targetCost);
      expect({ ...same, seconds: row.seconds }).toEqual(row);
    }
  });
});

describe("inspect and annotate", () => {
  test("inspect shows a model, its graph, a profile and a plan", async () => {
    const folder = scratch();
    const plan = await planAt(folder);
    const profile = path.join(folder, "profile.json");
    await mpplan("calibrate", tiny, "-q", "-o", profile);
    expect((await mpplan("inspect", tiny)).out).toMatch(/fc1 +Gemm +16 +49 +16 +71\.5 % +relu/);
    expect((await mpplan("inspect", tiny, "--graph")).out).toMatch(/%logits = Gemm/);
    expect((await mpplan("inspect", plan)).out).toMatch(
      /^(static|hybrid|dynamic) plan for tiny, policy (sensitivity|hybrid|contribution)/,
    );
    expect((await mpplan("inspect", profile)).out).toMatch(/^profile of tiny on 9 samples/);
  });

  test("inspect --json prints the document, or the facts of a model", async () => {
    const plan = await planAt(scratch());
    expect(JSON.parse((await mpplan("inspect", plan, "--json")).out)).toEqual(JSON.parse(read(plan)));
    const facts = JSON.parse((await mpplan("inspect", tiny, "--json")).out);
    expect(Object.keys(facts)).toEqual(["model", "nodes", "sites", "unplanned"]);
    expect(facts.sites.map((s: { site: string }) => s.site)).toEqual(["fc1", "fc2", "fc3"]);
  });

  test("a model with symbolic sizes and one with convolutions are shown", async () => {
    const { code, out } = await mpplan("inspect", path.join(models, "fashion-bn", "model.onnx"));
    expect(code).toBe(0);
    expect(out).toMatch(/by operator: Conv 3 sites, [\d.]+ %; Gemm 1 sites/);
  });

  test("inspect says what is not planned until sizes are given, and --shape gives them", async () => {
    const open = importable();
    const { out } = await mpplan("inspect", open);
    expect(out).toContain(
      "not planned, so carried out exactly: 1 nodes that add products\n  1 Conv, since the sizes of its inputs are not all known: conv",
    );
    expect(out).toContain("--shape x=1x1x?");
    const facts = JSON.parse((await mpplan("inspect", open, "--json", "--shape", "x=1x1x8")).out);
    expect(facts.sites).toMatchObject([{ site: "conv", length: 3, components: 6 }]);
    expect(facts.unplanned).toEqual([]);
    for (const [shape, why] of [
      ["x=1x2x8", "The input is float32[1, 1, L]"],
      ["z=1", 'The model has no input "z"'],
      ["x=1,1", "This is no name and dims"],
    ] as const) {
      const { code, err } = await mpplan("inspect", open, "--shape", shape);
      expect([code, err]).toEqual([2, expect.stringContaining(why)]);
    }
  });

  test("a uniform run is of the sums that the inputs at hand have", async () => {
    const data = path.join(scratch(), "x.npy");
    writeFileSync(data, writeNpy({ elem: "float32", dims: [1, 1, 8], data: new Float32Array(8).fill(1) }));
    const { code, out } = await mpplan("run", importable(), "--mode", "uniform", "--data", data, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out).executed).toMatchObject([{ site: "conv", total: 6, substitution: null }]);
  });

  test("an annotated model imports, computes the same, and carries the plan's reasons", async () => {
    const folder = scratch();
    const plan = await planAt(folder);
    const annotated = path.join(folder, "annotated.onnx");
    const { code, out } = await mpplan("annotate", tiny, "--plan", plan, "-o", annotated);
    expect(code).toBe(0);
    expect(out).toBe(`3 nodes annotated; the model is in ${annotated}\n`);
    const text = readFileSync(annotated, "latin1");
    expect(text).toContain("mpplan.because");
    expect(text).toContain(parsePlan(read(plan), plan).decisions[0]!.because);

    const graph = async (file: string): Promise<string> =>
      (await mpplan("inspect", file, "--graph")).out.replace(/^graph .*\n/, "");
    expect(await graph(annotated)).toBe(await graph(tiny));
    const [a, b] = [path.join(folder, "a.npz"), path.join(folder, "b.npz")];
    const data = path.join(models, "tiny");
    await mpplan("run", tiny, "-q", "-o", a);
    expect((await mpplan("run", annotated, "-q", "-d", data, "-o", b)).code).toBe(0);
    expect(readFileSync(b).equals(readFileSync(a))).toBe(true);
  });
});

test("on a terminal a bar shows the time left, and is gone before the results", async () => {
  const written: string[] = [];
  const stream = Object.assign(
    new Writable({ write: (chunk, _encoding, done) => (written.push(`bar ${String(chunk)}`), done()) }),
    { isTTY: true, columns: 80 },
  );
  const code = await main(["compare", tiny, "-o", path.join(scratch(), "c.json")], {
    out: () => void written.push("results"),
    err: () => undefined,
    errIsTerminal: true,
    colors: pc.createColors(false),
    signal: new AbortController().signal,
    errStream: stream as unknown as NodeJS.WriteStream,
  });
  expect(code).toBe(0);
  expect(written.filter((text) => /calibrating .*left/.test(text))).not.toEqual([]);
  expect(written.indexOf("results")).toBe(written.length - 1);
});

test("a reader that is gone is no error", () => {
  const bin = path.join(import.meta.dirname, "..", "bin", "mpplan.js");
  const command = `"${process.execPath}" "${bin}" inspect "${tiny}" --graph | true`;
  const { status, stderr } = spawnSync("bash", ["-o", "pipefail", "-c", command], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

describe("mpplan front", () => {
  const profile = path.join(scratch(), "profile.json");
  const given = ["front", tiny, "-p", profile, "--quiet"];
  beforeAll(async () => {
    expect((await mpplan("calibrate", tiny, "-o", profile, "--quiet")).code).toBe(0);
  });

  test("shows what each cost buys: more cost, less error, nothing above its budget", async () => {
    const { code, out } = await mpplan(...given, "--json");
    expect(code).toBe(0);
    const { rows } = JSON.parse(out) as { rows: { budget: number; cost: number; error: number }[] };
    expect(rows.map((row) => row.budget)).toEqual([0.5625, 0.625, 0.6875, 0.75, 0.8125, 0.875, 0.9375, 1]);
    for (const { budget, cost } of rows) expect(cost).toBeLessThanOrEqual(budget + 1e-9);
    expect(rows.at(-1)!.error).toBeLessThan(rows[0]!.error / 2);
  });

  test("a cost that no plan keeps is shown with the reason", async () => {
    const { code, out } = await mpplan(...given, "--costs", "0.4,0.75");
    expect(code).toBe(0);
    expect(out).toMatch(/0\.4 +none +-/);
    expect(out).toContain("0.4: A modelled cost of 0.4 cannot be kept: with nothing moved up it is 0.5");
    expect(out).toMatch(/0\.75 +(hybrid|static|dynamic) +0\.7/);
  });

  test("makes at a cost what plan makes", async () => {
    const file = path.join(scratch(), "plan.json");
    await mpplan("plan", tiny, "-p", profile, "-o", file, "--budget", "0.75", "--quiet");
    const { rows } = JSON.parse((await mpplan(...given, "--costs", "0.75", "--json")).out);
    expect(rows[0].error).toBe(parsePlan(read(file), "").predicted!.error);
  });
});

/** A Conv over a length that the file leaves open. */
function importable(): string {
  const file = path.join(scratch(), "open.onnx");
  const inputs = [value("x", [1, 1, "L"])];
  const nodes = [node("Conv", ["x", "w"], ["y"], [], { name: "conv" })];
  writeFileSync(file, buildModel({ inputs, initializers: [weights("w", [1, 1, 3])], nodes }));
  return file;
}
