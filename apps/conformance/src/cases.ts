// The cases of ONNX's backend test data: a folder each, with a model, inputs and what they have to give.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** One case: where it lies. */
export interface Case {
  readonly name: string;
  readonly folder: string;
}

/** All the cases below a folder, sorted by name. */
export function casesIn(root: string): Case[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name === "model.onnx")
    .map((entry) => ({ name: path.basename(entry.parentPath), folder: entry.parentPath }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The model and every data set of a case: the bytes of its inputs and outputs, by position. */
export function readCase({ folder }: Case): {
  model: Uint8Array;
  sets: { inputs: Uint8Array[]; outputs: Uint8Array[] }[];
} {
  const sets = readdirSync(folder)
    .filter((name) => name.startsWith("test_data_set_"))
    .sort()
    .map((name) => ({
      inputs: filesOf(path.join(folder, name), "input"),
      outputs: filesOf(path.join(folder, name), "output"),
    }));
  return { model: readFileSync(path.join(folder, "model.onnx")), sets };
}

function filesOf(folder: string, kind: string): Uint8Array[] {
  const files: Uint8Array[] = [];
  for (let i = 0; existsSync(path.join(folder, `${kind}_${i}.pb`)); i++) {
    files.push(readFileSync(path.join(folder, `${kind}_${i}.pb`)));
  }
  return files;
}
