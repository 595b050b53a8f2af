// Threads: any number of them gives the same profile, plan, report and comparison, byte for byte.
import { readFileSync } from "node:fs";
import path from "node:path";
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import { nodeWorkers } from "@mpplan/runtime-cpu/node";
import { expect, test, vi } from "vitest";
import { backendOn } from "../../runtime-cpu/src/backend.js";
import { Shared } from "../../runtime-cpu/src/shared.js";
import { compareModel, compileModel, InferenceSession, loadSamples, Tensor } from "../src/node.js";
import { beats, mpplan, scratch, tiny } from "./support.js";

const bytes = new Uint8Array(readFileSync(tiny));
const inputs = [{ id: "input", type: { elem: "float32" as const, shape: ["N", 49] } }];
const { samples } = loadSamples({ modelPath: tiny, inputs });

/** All that is written of the tiny network, by threads that share out whatever there is, however little. */
async function documents(shared: Shared): Promise<string> {
  const executor = createExecutor(backendOn(shared), { fallback: createReferenceBackend() });
  const { profile, plan, report } = await compileModel(bytes, samples, { executor });
  const dynamic = await compileModel(bytes, samples, { executor, rule: "kappa" });
  const options = { executor, targetCosts: [0.75], taus: [0.5] };
  const comparison = await compareModel({ bytes, name: "tiny" }, samples, options);
  const rows = comparison.rows.map((row) => ({ ...row, seconds: null }));
  return JSON.stringify({ profile, plan, report, dynamic: dynamic.plan, rows });
}

test("one, two and three threads write the same documents", async () => {
  const expected = await documents(new Shared());
  for (const threads of [2, 3]) {
    const shared = new Shared(threads, nodeWorkers(), 1);
    // Until a worker has begun, the calling thread does all the work by itself.
    await vi.waitFor(
      async () => {
        expect(await documents(shared)).toBe(expected);
        expect(shared.crew!.taskCounts[1]).toBeGreaterThan(0);
      },
      { timeout: 100_000 },
    );
  }
});

test("the commands write the same files, and say on how many threads they run", async () => {
  const folder = scratch();
  const written: string[][] = [];
  for (const threads of ["1", "2"]) {
    const [profile, plan, whole] = ["profile", "plan", "whole"].map((name) =>
      path.join(folder, `${name}${threads}.json`),
    ) as [string, string, string];
    const compared = path.join(folder, `compare${threads}.json`);
    for (const [argv, shown] of [
      [["calibrate", tiny, "-o", profile], true],
      [["plan", tiny, "-p", profile, "-o", plan], true],
      [["compile", tiny, "-o", whole], true],
      [["compare", tiny, "--costs", "0.75", "--taus", "0.5", "-o", compared], true],
      [["run", tiny, "-p", whole], true],
      [["run", tiny, "-p", whole, "--backend", "cpu", "-q"], false],
    ] as const) {
      const { code, err } = await mpplan(...argv, "--threads", threads);
      expect(code, err).toBe(0);
      expect(/^ {2}threads +(\d+)$/m.exec(err)?.[1], argv.join(" ")).toBe(shown ? threads : undefined);
    }
    written.push(
      [profile, plan, whole, compared].map((file) =>
        readFileSync(file, "utf8").replace(/"seconds": [\d.e-]+/g, '"seconds": 0'),
      ),
    );
  }
  expect(written[1]).toEqual(written[0]);
});

test("without --threads a command takes what there is", async () => {
  const { err } = await mpplan("run", tiny);
  expect(/^ {2}threads +(\d+)/m.exec(err)?.[1]).toBe(String(nodeWorkers().parallelism));
});

test.each(["0", "-1", "1.5", "many", "129", ""])('--threads "%s" is refused', async (threads) => {
  for (const verb of ["compile", "run"]) {
    const { code, err } = await mpplan(verb, tiny, `--threads=${threads}`);
    expect(code).toBe(2);
    expect(beats(err)).toEqual({
      what: `"${threads}" does not fit --threads`,
      where: `mpplan ${verb}, --threads <n>`,
      next: "give a whole number from 1 to 128, or auto",
    });
  }
});

test("the reference backend has one thread, and says so", async () => {
  const { code, err } = await mpplan("run", tiny, "--backend", "reference", "--threads", "2");
  expect(code).toBe(2);
  expect(beats(err)).toEqual({
    what: "The reference backend runs on 1 thread, not on 2",
    where: "the number of threads",
    next: "leave the number out, or ask for 1",
  });
  for (const threads of ["1", "auto"]) {
    expect((await mpplan("run", tiny, "--backend", "reference", "--threads", threads)).code).toBe(0);
  }
});

test("a session runs on the threads it is given, and gives the same numbers", async () => {
  const feeds = { input: new Tensor("float32", new Float32Array(49).fill(0.5), [1, 49]) };
  const results = [];
  for (const threads of [undefined, 2, "auto"] as const) {
    const session = await InferenceSession.create(bytes, { mode: "uniform", threads });
    results.push(Object.values(await session.run(feeds)).map((t) => Array.from(t.data as Float32Array)));
    await session.release();
  }
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
  const refused = { threads: 2, workers: { ...nodeWorkers(), unavailable: "not here" } };
  await expect(InferenceSession.create(bytes, refused)).rejects.toMatchObject({ code: "bad-option" });
  await expect(compileModel(bytes, samples, { threads: 0.5 })).rejects.toMatchObject({ code: "bad-option" });
});
