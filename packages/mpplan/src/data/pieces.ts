// Files to pieces: a piece has one array for every input of the model, and its samples lie one after another.
import type { TensorType, ValueId } from "@mpplan/ir";
import type { DataArray, DataLimits } from "./array.js";
import { InputError } from "./errors.js";
import { recognize, type DataFile, type Recognized } from "./recognize.js";

/** An input of the model, as the graph knows it. */
export interface InputSpec {
  readonly id: ValueId;
  readonly type: TensorType | null;
}

/** An array, and how messages speak of the place it came from. */
export interface Source {
  readonly where: string;
  readonly array: DataArray;
}

export interface Piece {
  readonly where: string;
  readonly inputs: ReadonlyMap<ValueId, Source>;
  /** The array `labels` of a .npz file, where the model has no input of that name. */
  readonly labels: Source | null;
}

const numbered = /^(.*[\\/])?input_(\d+)\.pb(?:\.gz)?$/i;

/** Reads all files, in their order. @throws InputError `unknown-format`, `bad-data`, `wrong-shape`. */
export function toPieces(
  files: readonly DataFile[],
  inputs: readonly InputSpec[],
  limits?: DataLimits,
): Piece[] {
  const pieces: Piece[] = [];
  const folders = new Map<string, { index: number; source: Source }[]>();
  // A folder keeps the place of its first file.
  const placeOf = new Map<string, number>();
  for (const file of files) {
    const content = recognize(file, limits);
    const match = numbered.exec(file.name);
    if (content.kind === "array" && content.format === "tensor-proto" && match) {
      const folder = match[1] ?? "";
      if (!folders.has(folder)) placeOf.set(folder, pieces.push(null as never) - 1);
      const list = folders.get(folder) ?? [];
      folders.set(folder, [
        ...list,
        { index: Number(match[2]), source: { where: file.name, array: content.array } },
      ]);
    } else {
      pieces.push(filePiece(file.name, content, inputs));
    }
  }
  for (const [folder, found] of folders) {
    pieces[placeOf.get(folder)!] = {
      where: folder || found[0]!.source.where,
      inputs: folderPiece(folder, found, inputs),
      labels: null,
    };
  }
  return pieces;
}

function filePiece(where: string, content: Recognized, inputs: readonly InputSpec[]): Piece {
  if (content.kind === "archive") return { where, ...byKey(where, content.arrays, inputs) };
  const [input, ...more] = inputs;
  if (input && more.length === 0) {
    return { where, inputs: new Map([[input.id, { where, array: content.array }]]), labels: null };
  }
  throw new InputError("wrong-shape", {
    what: `The file holds one array, but the model has ${inputs.length} inputs: ${names(inputs)}`,
    where,
    next: "put the arrays of all inputs into one .npz, or into a test_data_set folder as input_0.pb, input_1.pb, ...",
  });
}

function byKey(
  where: string,
  arrays: ReadonlyMap<string, DataArray>,
  inputs: readonly InputSpec[],
): Pick<Piece, "inputs" | "labels"> {
  const found = new Map<ValueId, Source>();
  let labels: Source | null = null;
  for (const [key, array] of arrays) {
    const source = { where: `${where}, array "${key}"`, array };
    if (inputs.some((input) => input.id === key)) found.set(key, source);
    else if (key === "labels") labels = source;
    else {
      throw new InputError("wrong-shape", {
        what: `The model has no input "${key}"; its inputs are ${names(inputs)}`,
        where,
        next: `name each array after its input: np.savez(file, **{"${inputs[0]?.id ?? "input"}": array})`,
      });
    }
  }
  const missing = inputs.filter((input) => !found.has(input.id));
  if (missing.length > 0) {
    throw new InputError("wrong-shape", {
      what: `The file has no array for ${names(missing)}`,
      where,
      next: "give one array per input of the model, named after it",
    });
  }
  return { inputs: found, labels };
}

/** By the tensors' own names where these are the inputs' names; else by number, as ONNX defines. */
function folderPiece(
  folder: string,
  found: readonly { index: number; source: Source }[],
  inputs: readonly InputSpec[],
): Map<ValueId, Source> {
  const byIndex = inputs.map((_, i) => found.find(({ index }) => index === i)?.source);
  if (found.length !== inputs.length || byIndex.includes(undefined)) {
    const list = found.map(({ index }) => `input_${index}.pb`).join(", ");
    throw new InputError("wrong-shape", {
      what: `The folder holds ${list}, but the model has ${inputs.length} input${inputs.length === 1 ? "" : "s"}: ${names(inputs)}`,
      where: folder || "the files input_*.pb",
      next: "give input_0.pb, input_1.pb, ... in the order of the model's inputs",
    });
  }
  const sources = byIndex as Source[];
  const own = new Map(sources.map((source) => [source.array.name, source]));
  const named = inputs.every((input) => own.has(input.id));
  return new Map(inputs.map(({ id }, i) => [id, named ? own.get(id)! : sources[i]!]));
}

function names(inputs: readonly InputSpec[]): string {
  return inputs.map(({ id }) => `"${id}"`).join(", ");
}
