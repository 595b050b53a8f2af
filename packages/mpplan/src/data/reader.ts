// From one array of a file to the tensors that an input is fed. All checks come first; a tensor is made when asked.
import { isFloat, printType, sizeOf, type ElementType, type Tensor } from "@mpplan/ir";
import { convert, firstLost } from "./convert.js";
import { InputError } from "./errors.js";
import { firstNotFinite, placeOf } from "./finite.js";
import type { InputSpec, Source } from "./pieces.js";
import { affineFor, applyAffine, isIdentity, type Affine, type Preprocess } from "./preprocess.js";
import { sampleLayout, type Layout } from "./sample-axis.js";

/** The samples of one array, for one input. */
export interface Reader {
  readonly count: number;
  /** What a person should know about how the numbers are read; short sentences. */
  readonly notes: readonly string[];
  at(index: number): Tensor;
}

/** @throws InputError `wrong-shape`, `not-finite`, `bad-option`. */
export function readerFor(source: Source, input: InputSpec, options: Preprocess): Reader {
  const { tensor } = source.array;
  const layout = sampleLayout(tensor.dims, input.type?.shape ?? null);
  if (layout.kind === "misfit") {
    const what = `${layout.what}: the input "${input.id}" is ${printType(input.type)}, the array is ${printed(source)}`;
    throw new InputError("wrong-shape", { what, where: source.where, next: layout.next });
  }
  const elem = input.type?.elem ?? (isIdentity(options) || isFloat(tensor.elem) ? tensor.elem : "float32");
  const affine = isFloat(elem) ? affineFor(options, layout.dims, input.id) : null;
  checkRange(source, input, layout, elem, affine);
  checkFinite(source, layout, elem, affine);
  const size = sizeOf(layout.dims);
  return {
    count: layout.count,
    notes: notesOn(source, input, layout, elem, affine),
    at: (i) => ({
      elem,
      dims: layout.dims,
      data: convert(tensor.data, i * size, (i + 1) * size, elem, affine),
    }),
  };
}

function checkRange(
  source: Source,
  input: InputSpec,
  layout: Layout,
  elem: ElementType,
  affine: Affine | null,
): void {
  const { tensor } = source.array;
  // With preprocessing the integer only has to reach binary64 whole.
  const lost = firstLost(tensor.data, tensor.elem, affine ? "float64" : elem);
  if (lost === null) return;
  const floats = isFloat(tensor.elem);
  throw new InputError("wrong-shape", {
    what: floats
      ? `The input "${input.id}" takes ${elem}, and the array holds ${source.array.stored}`
      : `The ${tensor.elem} number ${tensor.data[lost]} does not fit the type ${elem} of the input "${input.id}" exactly`,
    where: floats ? source.where : describePlace(source, layout, lost),
    next: `convert the array in Python, where you can see what is lost: array.astype(np.${elem})`,
  });
}

function checkFinite(source: Source, layout: Layout, elem: ElementType, affine: Affine | null): void {
  const { tensor } = source.array;
  if (!isFloat(elem) || (!isFloat(tensor.elem) && !affine)) return;
  const size = sizeOf(layout.dims);
  const store = elem === "float32" ? Math.fround : (x: number): number => x;
  const image = affine ? (x: number, i: number): number => store(applyAffine(affine, x, i % size)) : store;
  const found = firstNotFinite(tensor.data, image);
  if (found === null) return;
  const value = Number(tensor.data[found]);
  const where = describePlace(source, layout, found);
  if (Number.isFinite(value)) {
    const what = `The number ${value} becomes infinite${affine ? " after --scale, --mean and --std" : ""}, as ${elem}`;
    throw new InputError("not-finite", {
      what,
      where,
      next: "scale the samples to what the model was trained on",
    });
  }
  throw new InputError("not-finite", {
    what: Number.isNaN(value) ? "There is a NaN in the samples" : "There is an infinity in the samples",
    where,
    next: "remove or repair this sample: with it every error would be meaningless",
  });
}

/** `x.npy, sample 3 (counted from 0), position [0, 17]`. */
function describePlace(source: Source, layout: Layout, index: number): string {
  const size = sizeOf(layout.dims);
  const dims = layout.reshapedFrom ?? layout.dims;
  const position = sizeOf(dims) === size ? placeOf(index % size, dims) : [index % size];
  return `${source.where}, sample ${Math.floor(index / size)} (counted from 0), position [${position.join(", ")}]`;
}

function notesOn(
  { array }: Source,
  input: InputSpec,
  { dims, reshapedFrom }: Layout,
  elem: ElementType,
  affine: Affine | null,
): string[] {
  const notes: string[] = [];
  if (!input.type?.shape) {
    notes.push(`the model does not tell the shape of "${input.id}": every array is taken as one sample`);
  }
  if (reshapedFrom) {
    notes.push(
      `"${input.id}": each sample of dims [${reshapedFrom.join(", ")}] is reshaped to [${dims.join(", ")}]`,
    );
  }
  if (array.stored !== elem && !(affine && !isFloat(array.tensor.elem))) {
    const how = array.stored === "float64" ? "rounded" : "converted";
    const raw = isFloat(elem) && !isFloat(array.tensor.elem) && array.stored !== "bool";
    const plain = raw
      ? ", unscaled: give --scale, --mean and --std if the model was trained on scaled values"
      : "";
    notes.push(`"${input.id}": ${array.stored} numbers are ${how} to ${elem}${plain}`);
  }
  return notes;
}

function printed({ array }: Source): string {
  return `${array.stored}[${array.tensor.dims.join(", ")}]`;
}
