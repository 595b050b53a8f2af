// What is refused: with a message in three beats, an exit code, and no file made, changed or left half-written.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readNpz, writeArrays } from "./arrays.js";
import { beats, contentsOf, digits, models, mpplan, scratch, startBin, tiny, tinyLabels } from "./support.js";

const paperRelu = path.join(models, "paper-relu", "model.onnx");

interface Refusal {
  readonly code: 2 | 3;
  readonly what: RegExp;
  readonly where?: RegExp;
  readonly next?: RegExp;
}

/** Runs a command whose output would be `result` in an empty folder; then again, over a file that is there. */
async function refused(argv: (result: string, folder: string) => string[], expected: Refusal): Promise<void> {
  const [folder, inputs] = [scratch(), scratch()];
  const result = path.join(folder, "result");
  const flags = argv(result, inputs);
  for (const before of [{}, { result: "as it was" }]) {
    for (const [name, text] of Object.entries(before)) writeFileSync(path.join(folder, name), text);
    const { code, out, err } = await mpplan(...flags);
    expect({ code, out }, err).toEqual({ code: expected.code, out: "" });
    const { what, where, next } = beats(err);
    expect(what).toMatch(expected.what);
    expect(where).toMatch(expected.where ?? /./);
    expect(next).toMatch(expected.next ?? /./);
    expect(contentsOf(folder)).toEqual(before);
  }
}

let plan = "";
let profile = "";
beforeAll(async () => {
  const { out } = await mpplan("compile", tiny, "-q", "--json");
  plan = JSON.stringify(JSON.parse(out).plan);
  const folder = scratch();
  await mpplan("calibrate", tiny, "-q", "-o", path.join(folder, "profile.json"));
  profile = readFileSync(path.join(folder, "profile.json"), "utf8");
});

function fileIn(folder: string, name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** A model made from tiny's bytes. */
function model(folder: string, change: (bytes: Buffer) => Uint8Array): string {
  return fileIn(folder, "model.onnx", change(readFileSync(tiny)));
}

describe("models", () => {
  test("that are not there", () =>
    refused((o) => ["compile", "nowhere.onnx", "-o", o], {
      code: 2,
      what: /There is no file of this name/,
      where: /nowhere\.onnx/,
      next: /check the spelling; the current folder is /,
    }));
  test("that are a folder", () =>
    refused((o) => ["compile", path.dirname(tiny), "-o", o], { code: 2, what: /This is a folder/ }));
  test("that are cut short", () =>
    refused((o, dir) => ["compile", model(dir, (b) => b.subarray(0, 3000)), "-o", o], {
      code: 3,
      what: /./,
      where: /./,
    }));
  test("that are empty", () =>
    refused((o, dir) => ["compile", fileIn(dir, "model.onnx", ""), "-o", o], { code: 3, what: /empty/ }));
  test("that are something else", () =>
    refused((o) => ["compile", tinyLabels, "-o", o], { code: 3, what: /./ }));
  test("with an operator that there is no importer for: op, node and opset are named", () =>
    refused(
      (o, dir) => [
        "compile",
        model(dir, (b) => Buffer.from(b.toString("latin1").replaceAll("Relu", "Mosh"), "latin1")),
        ...["-o", o],
      ],
      {
        code: 3,
        what: /Mosh \(2 nodes\)/,
        where: /node "relu1" \(Mosh, opset 17\)/,
        next: /remove the nodes|replace/,
      },
    ));
});

describe("plans and profiles", () => {
  const runWith = (content: () => string): Promise<void> =>
    refused((o, dir) => ["run", tiny, "-q", "-p", fileIn(dir, "p.json", content()), "-o", o], {
      code: 3,
      what: /This is not /,
      where: /p\.json/,
    });

  test("a plan of another model", async () => {
    const [name, digest] = [/"tiny", sha256:37a38eeed56f/, /sha256:1411d832f23f/];
    const at = (dir: string): string => fileIn(dir, "p.json", plan);
    const other = { code: 3, what: name, where: digest } as const;
    await refused((o, dir) => ["run", paperRelu, ...digits, "-p", at(dir), "-o", o], other);
    await refused(
      (o, dir) => ["run", paperRelu, ...digits, "--mode", "reference", "-p", at(dir), "-o", o],
      other,
    );
    await refused((o, dir) => ["annotate", paperRelu, "-p", at(dir), "-o", o], other);
  });
  test("a profile of another model", () =>
    refused((o, dir) => ["plan", paperRelu, ...digits, "-p", fileIn(dir, "p.json", profile), "-o", o], {
      code: 3,
      what: /The profile is of another model: "tiny"/,
      next: /calibrate this model/,
    }));
  test.each([0, 1, 100, 1000, 2000])("a plan cut short after %i characters", (length) =>
    runWith(() => plan.slice(0, length)),
  );
  test("a profile cut short", () =>
    refused(
      (o, dir) => ["plan", tiny, "-p", fileIn(dir, "p.json", profile.slice(0, profile.length / 2)), "-o", o],
      {
        code: 3,
        what: /This is not JSON/,
        next: /a profile that mpplan wrote; if it was cut short, make it again/,
      },
    ));
  test("a plan where a profile belongs", () =>
    refused((o, dir) => ["plan", tiny, "-p", fileIn(dir, "p.json", plan), "-o", o], {
      code: 3,
      what: /This is not a profile/,
    }));

  const spoilt: Record<string, (p: ReturnType<typeof JSON.parse>) => void> = {
    "a format that there is not": (p) => (p.accumulators[0].format = "e4m3x"),
    "an accumulator that there is not": (p) => (p.decisions[0].ranges[0].choice = { mode: "static", use: 7 }),
    "an activation that there is not": (p) =>
      (p.decisions[0].ranges[0].choice = {
        ...{ mode: "dynamic", low: 0, high: 1 },
        test: { rule: "kappa", tau: 1, activation: "swish" },
      }),
    "operands that there are not": (p) => (p.operands.weights = "int8"),
    "ranges with a gap": (p) => (p.decisions[0].ranges[0].end -= 1),
    "ranges that overlap": (p) => (p.decisions[0].ranges[1].start -= 1),
    "no cost for a format": (p) => (p.costs = { binary32: 32 }),
    "another version": (p) => (p.version = 2),
    "a field too many": (p) => (p.extra = true),
    "no seed": (p) => delete p.seed,
  };
  test.each(Object.keys(spoilt))("a plan with %s", (name) =>
    runWith(() => {
      const document = JSON.parse(plan);
      spoilt[name]!(document);
      return JSON.stringify(document);
    }),
  );
  test("a plan that misses a site", () =>
    refused(
      (o, dir) => {
        const document = JSON.parse(plan);
        document.decisions.pop();
        return ["run", tiny, "-q", "-p", fileIn(dir, "p.json", JSON.stringify(document)), "-o", o];
      },
      { code: 3, what: /The plan says nothing about this sum/, where: /"fc3"/ },
    ));
  test("inspect checks what it prints", async () => {
    for (const [text, what] of [
      [plan.slice(0, 1000), /This is not JSON/],
      ["{}", /This JSON is no plan, profile or report/],
      [plan.replace('"version":1', '"version":9'), /This is not a plan/],
    ] as const) {
      for (const flags of [[], ["--json"]]) {
        await refused((_, dir) => ["inspect", fileIn(dir, "p.json", text), ...flags], { code: 3, what });
      }
    }
  });
  test("a profile of other settings", async () => {
    const p = (dir: string): string => fileIn(dir, "p.json", profile);
    await refused((o, dir) => ["plan", tiny, "-p", p(dir), "--preset", "paper", "-o", o], {
      code: 3,
      what: /did not measure ieee-e4m3, blocked\(8\), fma-f32.*: it measured ieee-e4m3, blocked\(8\), f32-add/,
      next: /--preset/,
    });
    await refused((o, dir) => ["plan", tiny, "-p", p(dir), "--weights-format", "none", "-o", o], {
      code: 3,
      what: /measured with weights ieee-e4m3.*the plan is for weights as they are/,
    });
  });
  test("a profile that lacks a neuron, though no sample is there to notice", () =>
    refused(
      (o, dir) => {
        const document = JSON.parse(profile);
        document.sites[1].neurons.pop();
        const file = fileIn(dir, "p.json", JSON.stringify(document));
        return ["plan", model(dir, (b) => b), "-q", "-p", file, "-o", o];
      },
      { code: 3, what: /The profile has 11 of the 12 neurons of "fc2"/ },
    ));
  test("profiles that differ, and one that is given twice", async () => {
    const folder = scratch();
    const other = path.join(folder, "other.json");
    await mpplan("calibrate", tiny, "-q", "-o", other, "--preset", "paper", "--shard", "1/2");
    const p = (dir: string): string => fileIn(dir, "p.json", profile);
    await refused((o, dir) => ["plan", tiny, "-p", p(dir), "-p", other, "-o", o], {
      code: 3,
      what: /cannot be merged/,
    });
    await refused((o, dir) => ["plan", tiny, "-p", p(dir), "-p", p(dir), "-o", o], {
      code: 2,
      what: /would then count twice/,
    });
  });
});

describe("samples and labels", () => {
  const x = (folder: string, dims: number[], data = new Float32Array(dims.reduce((a, b) => a * b))): string =>
    fileIn(folder, "x.npz", writeArrays({ input: { dims, data } }));

  test("none at all: the message shows how to give them", () =>
    refused((o, dir) => ["compile", model(dir, (b) => b), "-o", o], {
      code: 2,
      what: /No samples were given, and no test_data_set_\* folders lie beside the model/,
      next: /--data samples\.npz[^]*--random-data/,
    }));
  test("in a file that is not there", () =>
    refused((o) => ["compile", tiny, "--data", "nowhere.npz", "-o", o], {
      code: 2,
      what: /There is no file/,
    }));
  test("of a wrong shape", () =>
    refused((o, dir) => ["compile", tiny, "--data", x(dir, [24, 50]), "-o", o], {
      code: 3,
      what: /float32\[N, 49\].*float32\[24, 50\]/,
    }));
  test("under another name", () =>
    refused(
      (o, dir) => {
        const file = writeArrays({ pixels: { dims: [24, 49], data: new Float32Array(24 * 49) } });
        return ["compile", tiny, "--data", fileIn(dir, "x.npz", file), "-o", o];
      },
      { code: 3, what: /no input "pixels"; its inputs are "input"/ },
    ));
  test("with a NaN: its place is named", () =>
    refused(
      (o, dir) => {
        const data = new Float32Array(24 * 49);
        data[3 * 49 + 17] = NaN;
        return ["compile", tiny, "--data", x(dir, [24, 49], data), "-o", o];
      },
      { code: 3, what: /NaN in the samples/, where: /sample 3 \(counted from 0\), position \[0, 17\]/ },
    ));
  test("fewer than asked for", async () => {
    await refused((o) => ["compile", tiny, "--samples", "24", "-o", o], {
      code: 3,
      what: /24 samples cannot give 24 to calibrate and at least 1 to evaluate/,
    });
    await refused((o) => ["compile", tiny, "--samples", "12", "--evaluate", "13", "-o", o], {
      code: 3,
      what: /12.*13/,
    });
    await refused((o, dir) => ["compile", tiny, "--data", x(dir, [2, 49]), "-o", o], {
      code: 3,
      what: /2 samples/,
      next: /at least 3/,
    });
    await refused((o) => ["run", tiny, "--samples", "25", "-o", o], {
      code: 3,
      what: /There are 24 samples, not 25/,
    });
    await refused((o) => ["calibrate", tiny, "--shard", "10/10", "-o", o], {
      code: 3,
      what: /no sample to calibrate/,
    });
  });
  test("labels for another number of samples", () =>
    refused(
      (o) => [
        "compile",
        tiny,
        "--labels",
        path.join(models, "paper-relu/samples/labels-1500.idx1-ubyte.gz"),
        "-o",
        o,
      ],
      { code: 3, what: /1500 labels for 24 samples/ },
    ));
  test("made up and given at once", () =>
    refused((o, dir) => ["compile", tiny, "--random-data", "--data", x(dir, [24, 49]), "-o", o], {
      code: 2,
      what: /--random-data cannot be used with --data/,
    }));
});

describe("flags", () => {
  const cases: [string, string[], Refusal][] = [
    [
      "an unknown flag",
      ["--tuu", "1"],
      { code: 2, what: /Unknown option '--tuu'/, next: /did you mean --tau\?/ },
    ],
    [
      "a number that is none",
      ["--tau", "x"],
      { code: 2, what: /"x" does not fit --tau/, next: /give a number/ },
    ],
    ["no samples", ["--samples", "0"], { code: 2, what: /"0" does not fit --samples/, next: /1 or larger/ }],
    ["an argument too many", ["x.npz"], { code: 2, what: /Too many arguments/, next: /--data/ }],
    [
      "an unknown preset",
      ["--preset", "a100"],
      { code: 2, what: /no preset "a100"/, next: /e4m3-f16.*paper/ },
    ],
    ["an unknown format", ["--low", "e4x3"], { code: 2, what: /e4x3/ }],
    ["a format that is ambiguous", ["--low", "fp8"], { code: 2, what: /fp8/, next: /ieee-e4m3/ }],
    [
      "an unknown policy",
      ["--policy", "magic"],
      { code: 2, what: /no policy "magic"/, next: /best, hybrid, uniform, absolute/ },
    ],
    ["an unknown rule", ["--rule", "best"], { code: 2, what: /no dynamic rule "best"/, next: /kappa-full/ }],
    [
      "an unknown order",
      ["--order", "blocked"],
      { code: 2, what: /"blocked" is no order/, next: /blocked\(8\)/ },
    ],
    ["an unknown product", ["--product", "mul"], { code: 2, what: /"mul" is no product/, next: /f32-add/ }],
    ["an unknown task", ["--task", "detector"], { code: 2, what: /"detector"/, next: /classifier, values/ }],
    [
      "an unknown pattern",
      ["--exclude", "conv*"],
      { code: 2, what: /"conv\*" matches no sum/, next: /fc1, fc2, fc3/ },
    ],
    ["two budgets", ["--tau", "1", "--budget", "0.7"], { code: 2, what: /2 budgets/, next: /one of them/ }],
    ["a policy and a rule", ["--policy", "kappa", "--rule", "kappa"], { code: 2, what: /both given/ }],
    [
      "a ladder and its ends",
      ["--formats", "e4m7,binary16", "--low", "e4m3"],
      { code: 2, what: /--low and --high/ },
    ],
    ["a ladder of one", ["--formats", "binary16"], { code: 2, what: /at least two/ }],
    ["a ladder that falls", ["--formats", "binary16,ieee-e4m3"], { code: 2, what: /not cheaper/ }],
    [
      "a ladder for a rule",
      ["--formats", "ieee-e4m3,e4m7,binary16", "--rule", "kappa"],
      { code: 2, what: /has 3/ },
    ],
    [
      "a cost of no format in use",
      ["--cost", "binary64=1"],
      { code: 2, what: /binary64, which no accumulator/ },
    ],
    [
      "a cost of nothing",
      ["--cost", "binary16=0"],
      { code: 2, what: /does not fit --cost/, next: /above 0/ },
    ],
    [
      "a budget below uniform low",
      ["--budget", "0.4"],
      { code: 2, what: /0\.4 cannot be kept.*0\.5 already/ },
    ],
    [
      "a budget below what a rule costs",
      ["--rule", "kappa-full", "--budget", "0.9"],
      { code: 2, what: /0\.9 cannot be kept.*1 already/ },
    ],
    [
      "a budget below what is excluded",
      ["--exclude", "fc1", "--budget", "0.75"],
      { code: 2, what: /0\.75 cannot be kept.*0\.8577 already/, next: /at least 0\.8577/ },
    ],
    [
      "a share below what is excluded",
      ["--exclude", "fc1", "--max-high", "0.5"],
      { code: 2, what: /0\.5 cannot be kept/, next: /at least 0\.7153/ },
    ],
    ["a share above 1", ["--max-high", "1.5"], { code: 2, what: /1\.5 is no share/ }],
    ["a tau for a control", ["--rule", "random", "--tau", "0.5"], { code: 2, what: /knows no tau/ }],
    ["a tau for a control policy", ["--policy", "random", "--tau", "0.5"], { code: 2, what: /knows no tau/ }],
    ["a budget for uniform", ["--policy", "uniform", "--budget", "0.7"], { code: 2, what: /no effect/ }],
    ["a pattern for uniform", ["--policy", "uniform", "--exclude", "fc1"], { code: 2, what: /no effect/ }],
    ["means of another number", ["--mean", "1,2"], { code: 2, what: /2 numbers, but the input has 49/ }],
    ["a scale of nothing", ["--scale", "0"], { code: 2, what: /--scale is 0/ }],
  ];
  test.each(cases)("%s", (_name, flags, expected) =>
    refused((o) => ["compile", tiny, ...flags, "-o", o], expected),
  );

  const others: [string, (o: string, dir: string) => string[], Refusal][] = [
    [
      "an unknown command",
      () => ["compil", tiny],
      { code: 2, what: /Unknown command 'compil'/, next: /compile/ },
    ],
    ["help on nothing", () => ["help", "nothing"], { code: 2, what: /Unknown command 'nothing'/ }],
    ["no model", (o) => ["compile", "-o", o], { code: 2, what: /Missing required argument 'model.onnx'/ }],
    [
      "a missing value",
      (o) => ["compile", tiny, "-o", o, "--policy"],
      { code: 2, what: /argument missing/, where: /mpplan compile/ },
    ],
    ["no output", () => ["calibrate", tiny], { code: 2, what: /not specified/, next: /add --output/ }],
    [
      "a shard of nothing",
      (o) => ["calibrate", tiny, "--shard", "0/8", "-o", o],
      { code: 2, what: /"0\/8" is no shard/ },
    ],
    [
      "--all with --samples",
      (o) => ["calibrate", tiny, "--all", "--samples", "9", "-o", o],
      { code: 2, what: /--samples would have no effect/ },
    ],
    [
      "--task for a profile",
      (o) => ["calibrate", tiny, "--task", "values", "-o", o],
      { code: 2, what: /'--task'/ },
    ],
    [
      "sample flags without samples",
      (o, dir) => [
        "plan",
        model(dir, (b) => b),
        "-p",
        fileIn(dir, "p.json", profile),
        "--samples",
        "9",
        "-o",
        o,
      ],
      { code: 2, what: /No samples were given/ },
    ],
    [
      "a threshold to be found without samples",
      (o, dir) => [
        "plan",
        model(dir, (b) => b),
        "-p",
        fileIn(dir, "p.json", profile),
        "--rule",
        "kappa",
        "-o",
        o,
      ],
      { code: 2, what: /found by running it on tuning samples/, next: /--data.*--tau/ },
    ],
    [
      "accumulators beside a plan",
      (o, dir) => [
        "run",
        tiny,
        "-p",
        fileIn(dir, "p.json", plan),
        "--low",
        "bfloat16",
        "--seed",
        "3",
        "-o",
        o,
      ],
      { code: 2, what: /--low, --seed would have no effect/ },
    ],
    [
      "a mode that is not the plan's",
      (o, dir) => ["run", tiny, "-p", fileIn(dir, "p.json", plan), "--mode", "dynamic", "-o", o],
      { code: 2, what: /The plan is static, but dynamic is asked for/ },
    ],
    [
      "a static run without a plan",
      (o) => ["run", tiny, "--mode", "static", "-o", o],
      { code: 2, what: /needs a plan/ },
    ],
    [
      "a dynamic run without a tau",
      (o) => ["run", tiny, "--mode", "dynamic", "-o", o],
      { code: 2, what: /needs a plan/, next: /tau/ },
    ],
    [
      "a dynamic control",
      (o) => ["run", tiny, "--mode", "dynamic", "--rule", "random", "--tau", "1", "-o", o],
      { code: 2, what: /no tau/ },
    ],
    [
      "accumulators for the reference",
      (o) => ["run", tiny, "--high", "binary32", "-o", o],
      { code: 2, what: /In reference mode --high/ },
    ],
    [
      "a rule for a uniform run",
      (o) => ["run", tiny, "--mode", "uniform", "--tau", "1", "-o", o],
      { code: 2, what: /In uniform mode --tau/ },
    ],
    [
      "a format for a dynamic run",
      (o) => ["run", tiny, "--mode", "dynamic", "--tau", "1", "--format", "e5m6", "-o", o],
      { code: 2, what: /In dynamic mode --format/ },
    ],
    [
      "another backend",
      (o) => ["run", tiny, "--backend", "tpu", "-o", o],
      { code: 2, what: /"tpu"/, next: /reference/ },
    ],
    [
      "--graph of a plan",
      (_, dir) => ["inspect", "--graph", fileIn(dir, "p.json", plan)],
      { code: 2, what: /no effect/ },
    ],
    ["--graph as JSON", () => ["inspect", "--graph", "--json", tiny], { code: 2, what: /no effect/ }],
    [
      "an unknown rule among known ones",
      (o) => ["compare", tiny, "--rule", "all,best", "-o", o],
      { code: 2, what: /"best"/ },
    ],
    [
      "an unknown policy to compare",
      (o) => ["compare", tiny, "--policy", "magic", "-o", o],
      { code: 2, what: /"magic"/ },
    ],
    [
      "a negative tau",
      (o) => ["compare", tiny, "--taus", "1,-1", "-o", o],
      { code: 2, what: /"1,-1" does not fit --taus/ },
    ],
    [
      "two results in one file",
      (o) => ["compare", tiny, "-o", o, "--html", o],
      { code: 2, what: /name the same file/ },
    ],
  ];
  test.each(others)("%s", (_name, argv, expected) => refused(argv, expected));
});

describe("where results go", () => {
  test("a folder that is not there: told before any work", async () => {
    for (const verb of ["compile", "calibrate", "run", "compare"]) {
      const { code, err } = await mpplan(verb, tiny, "-o", path.join(scratch(), "no", "result"));
      expect(code).toBe(2);
      expect(beats(err).what).toMatch(/There is no folder /);
      expect(err).not.toContain("samples");
    }
  });
  test("a folder instead of a file", async () => {
    const { code, err } = await mpplan("compile", tiny, "-o", scratch());
    expect(code).toBe(2);
    expect(beats(err)).toMatchObject({ what: "This is a folder", next: "name a file in it" });
  });
  test("the very files that are read", async () => {
    const folder = scratch();
    const copy = model(folder, (b) => b);
    const p = fileIn(folder, "p.json", plan);
    const before = contentsOf(folder);
    const data = path.dirname(tiny);
    for (const argv of [
      ["compile", copy, "-d", data, "-o", copy],
      ["annotate", copy, "-p", p, "-o", copy],
      ["annotate", copy, "-p", p, "-o", path.join(folder, ".", "p.json")],
      ["run", copy, "-d", data, "-p", p, "-o", p],
    ]) {
      const { code, err } = await mpplan(...argv);
      expect(code).toBe(2);
      expect(beats(err).what).toBe("The result would replace a file that this command reads");
    }
    expect(contentsOf(folder)).toEqual(before);
  });
  test.skipIf(process.getuid?.() === 0)("a folder that may not be written to", async () => {
    const folder = scratch();
    mkdirSync(path.join(folder, "locked"));
    chmodSync(path.join(folder, "locked"), 0o500);
    const { code, err } = await mpplan("compile", tiny, "-o", path.join(folder, "locked", "plan.json"));
    expect(code).toBe(2);
    expect(beats(err).what).toBe("You may not write here");
  });
  test("a place that takes no files", async () => {
    const { code, err } = await mpplan("compile", tiny, "-q", "-o", "/proc/plan.json");
    expect(code).toBe(2);
    expect(beats(err).where).toBe("/proc/plan.json");
  });
});

describe("Ctrl-C", () => {
  const work: [string, string[]][] = [
    ["calibrate", ["calibrate", paperRelu, ...digits]],
    ["compile", ["compile", paperRelu, ...digits]],
    ["compare", ["compare", paperRelu, ...digits]],
    ["run", ["run", paperRelu, ...digits, "--mode", "uniform"]],
  ];
  test.each(work)("ends %s with code 130, and no file", async (_name, argv) => {
    const folder = scratch();
    const result = fileIn(folder, "result", "as it was");
    const { done, said, kill } = startBin([...argv, "-o", result]);
    // The settings are told right before the work.
    await said("note: ");
    await new Promise((resolve) => setTimeout(resolve, 300));
    kill("SIGINT");
    const { code, out, err } = await done;
    expect({ code, out }, err).toEqual({ code: 130, out: "" });
    // What had been measured is kept, and told how to go on from.
    if (err.includes("--resume")) {
      const written = Object.keys(contentsOf(folder));
      expect(err).toContain(path.join(folder, written.at(-1)!));
      return;
    }
    const { what, next } = beats(err);
    expect(next).toMatch(/nothing was written/);
    // It was heard between two samples, long before the end.
    const [, n, of] = /^Cancelled after (\d+) of (\d+) samples$/.exec(what)!;
    expect(Number(n)).toBeLessThan(Number(of));
    expect(contentsOf(folder)).toEqual({ result: "as it was" });
  });
});

test("the arrays of these tests are read as they were written", () => {
  const data = Float32Array.of(1, 2, 3, 4);
  expect(readNpz(writeArrays({ a: { dims: [2, 2], data } }), "a")).toEqual({ dims: [2, 2], data });
});
