import { expect, test } from "vitest";
import { imageShape, inLayout, preprocessOf, readSamples } from "./read-samples.js";

const input = (...shape: (number | string | null)[]) => ({
  id: "input",
  type: { elem: "float32" as const, shape },
});

test("which images an input takes", () => {
  expect(imageShape(input("N", 784))).toEqual({ channels: 1, height: 28, width: 28, first: true });
  expect(imageShape(input("N", 1, 28, 30))).toEqual({ channels: 1, height: 28, width: 30, first: true });
  expect(imageShape(input(1, 3, 224, 224))).toEqual({ channels: 3, height: 224, width: 224, first: true });
  expect(imageShape(input(1, 224, 224, 3))).toEqual({ channels: 3, height: 224, width: 224, first: false });
  expect(imageShape(input("N", 10))).toBeNull();
  expect(imageShape(input("N", 3, "H", "W"))).toBeNull();
  expect(imageShape({ id: "input", type: null })).toBeNull();
});

test("pixels come in the layout of the input", () => {
  const rgba = [255, 0, 0, 255, 1, 2, 3, 255];
  const shape = { height: 1, width: 2 };
  expect([...inLayout(rgba, { ...shape, channels: 3, first: true })]).toEqual([255, 1, 0, 2, 0, 3]);
  expect([...inLayout(rgba, { ...shape, channels: 3, first: false })]).toEqual([255, 0, 0, 1, 2, 3]);
  expect([...inLayout(rgba, { ...shape, channels: 1, first: true })]).toEqual([76, 2]);
});

test("fields are numbers, fractions or nothing, and anything else is refused", () => {
  expect(preprocessOf({ scale: "1/4", mean: "0.1, 0.2", std: " " })).toEqual({
    scale: 0.25,
    mean: [0.1, 0.2],
  });
  expect(() => preprocessOf({ scale: "much", mean: "", std: "" })).toThrow(/is no number/);
});

test("without files the samples are random, and it is said loudly", async () => {
  const { samples, notes } = await readSamples([], [input("N", 4)], { scale: "", mean: "", std: "" });
  expect(samples.random).toBe(true);
  expect(notes[0]).toMatch(/^RANDOM DATA/);
});

test("images for an input that is none are refused by name and shape", async () => {
  const image = new File([new Uint8Array([1])], "cat.png", { type: "image/png" });
  const read = readSamples([image], [input("N", 10)], { scale: "", mean: "", std: "" });
  await expect(read).rejects.toMatchObject({ code: "wrong-shape", where: "cat.png" });
});

test("two files of labels are one too many", async () => {
  const labels = ["train-labels", "test-labels"].map((name) => new File([new Uint8Array([1])], name));
  const read = readSamples(labels, [input("N", 10)], { scale: "", mean: "", std: "" });
  await expect(read).rejects.toMatchObject({ code: "bad-labels" });
});
