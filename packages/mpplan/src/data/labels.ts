// Labels: which class is right for each sample.
import { isFloat } from "@mpplan/ir";
import { InputError } from "./errors.js";
import type { Source } from "./pieces.js";
import { recognize, type DataFile } from "./recognize.js";

/** Reads a file of labels, .npy or idx. @throws InputError `bad-labels`, `unknown-format`, `bad-data`. */
export function readLabels(file: DataFile): Source {
  const content = recognize(file);
  if (content.kind === "array") return { where: file.name, array: content.array };
  throw badLabels(
    "The file is an archive of arrays",
    file.name,
    "save the labels alone: np.save(file, labels)",
  );
}

/** One class per sample, counted from 0. @throws InputError `bad-labels`. */
export function toLabels({ where, array }: Source, count: number): Int32Array {
  const { dims, data, elem } = array.tensor;
  if (dims.filter((dim) => dim !== 1).length > 1) {
    const next = "give one class per sample; for one-hot rows: np.argmax(labels, axis=1)";
    throw badLabels(`The labels have the dims [${dims.join(", ")}]`, where, next);
  }
  if (data.length !== count) {
    const what = `There are ${data.length} labels for ${count} sample${count === 1 ? "" : "s"}`;
    throw badLabels(what, where, "give one label per sample, in the order of the samples");
  }
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const value = Number(data[i]);
    labels[i] = value;
    if (labels[i] === value && value >= 0) continue;
    const what = `Label ${i} is ${data[i]}, which is no class`;
    throw badLabels(
      what,
      where,
      isFloat(elem) ? "give whole numbers from 0" : "give the number of a class, from 0",
    );
  }
  return labels;
}

export function badLabels(what: string, where: string, next: string): InputError {
  return new InputError("bad-labels", { what, where, next });
}
