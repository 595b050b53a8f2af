// Models whose weights lie in other files, in Node: files are read by a function of the test's own.
import { expect, test } from "vitest";
import { externalChain } from "../../test/models.js";
import { readModel, type ReadPart } from "./model-files.js";

const { model, weights } = externalChain(2, 8, "data/weights.bin");
const file = (name: string, bytes: Uint8Array): File => new File([bytes as Uint8Array<ArrayBuffer>], name);
const onnx = file("chain.onnx", model);
const readPart: ReadPart = (_, offset, length) => weights.slice(offset, offset + length);

test("weights are found by the name of their file, whatever folder the model names", async () => {
  const [own, other] = [file("weights.bin", weights), file("x.npy", new Uint8Array(3))];
  const read = await readModel(onnx, [other, own], "chain", readPart);
  expect(read.weights).toEqual([own]);
  expect(read.bytes).toBe(model.length);
  const { constant } = read.model.imported.values.get("w1")!;
  expect([...(constant!.data as Float32Array)]).toEqual([
    ...new Float32Array(weights.slice(8 * 8 * 4).buffer),
  ]);
});

test("a file of weights that is not there is named, with the tensor, and so is the model", async () => {
  await expect(readModel(onnx, [], "chain", readPart)).rejects.toMatchObject({
    name: "ImportError",
    code: "external-data",
    what: 'The file "data/weights.bin" cannot be read: it was not given with the model',
    where: 'chain.onnx: the initializer "w0", stored in data/weights.bin',
    next: "drop chain.onnx and weights.bin together, with all other files of weights",
  });
});

test("two files of one name are one too many", async () => {
  const twice = [file("weights.bin", weights), file("weights.bin", weights)];
  await expect(readModel(onnx, twice, "chain", readPart)).rejects.toMatchObject({
    what: expect.stringContaining("several files of this name are meant"),
  });
});

test("what is no model is told with the file's name, and a file of weights that is too short too", async () => {
  const broken = file("broken.onnx", new TextEncoder().encode("no model at all"));
  await expect(readModel(broken, [], "broken", readPart)).rejects.toMatchObject({
    code: "not-onnx",
    where: expect.stringMatching(/^broken\.onnx: /),
  });
  await expect(
    readModel(onnx, [file("weights.bin", weights.slice(0, 300))], "chain", readPart),
  ).rejects.toMatchObject({
    what: expect.stringMatching(/Bytes 256 to 512 of "data\/weights.bin".*it has 300/),
  });
});
