// Sessions that are asked to run on WebGPU.
import path from "node:path";
import { testAdapters } from "@mpplan/testkit/node";
import { describe, expect, test } from "vitest";
import { randomNumbers } from "../../../ir/src/testing.js";
import { InferenceSession, openExecutor, Tensor as ApiTensor } from "../../src/node.js";
import { models } from "../support.js";

for (const { name, missing, gpu } of testAdapters()) {
  describe(`${name}${missing ? `: skipped: ${missing}` : ""}`, () => {
    test.skipIf(missing !== null)("an executor on webgpu says which adapter it has", async () => {
      const opened = await openExecutor(["webgpu", "cpu"], { gpu: async () => gpu() });
      expect(opened.gpu).toMatchObject({ adapter: { software: true }, inexact: null });
      opened.dispose();
    });

    test.skipIf(missing !== null)("a session on webgpu says where everything ran", async () => {
      const session = await InferenceSession.create(path.join(models, "tiny", "model.onnx"), {
        executionProviders: ["webgpu", "cpu"],
        gpu: async () => gpu(),
        mode: "uniform",
        preset: "e4m3-f16",
      });
      const other = await InferenceSession.create(path.join(models, "tiny", "model.onnx"), {
        mode: "uniform",
        preset: "e4m3-f16",
      });
      const feeds = { [session.inputNames[0]!]: new ApiTensor("float32", randomNumbers(49, 3), [1, 49]) };
      const [one, two] = [await session.run(feeds), await other.run(feeds)];
      for (const id of session.outputNames) expect(one[id]!.data).toEqual(two[id]!.data);
      expect(session.executed.map(({ backend, substitution }) => [backend, substitution])).toEqual(
        session.executed.map(() => ["webgpu", null]),
      );
      await session.release();
      await other.release();
    });
  });
}
