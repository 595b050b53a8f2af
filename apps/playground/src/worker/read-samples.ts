// Files that were dropped, as samples: the library's own formats, and images through the browser's decoder.
import { sizeOf, staticShape, tensor } from "@mpplan/ir";
import {
  InputError,
  parseNumber,
  parseNumbers,
  randomSamples,
  toSamples,
  writeNpy,
  type DataFile,
  type InputSpec,
  type LoadedSamples,
  type Preprocess,
} from "mpplan";

/** Random samples where none are given: enough to see that a model runs. */
const randomCount = 64;

export interface Typed {
  readonly scale: string;
  readonly mean: string;
  readonly std: string;
}

/** What the fields say, as the library takes it. @throws InputError `bad-option`. */
export function preprocessOf({ scale, mean, std }: Typed): Preprocess {
  return {
    ...(scale.trim() && { scale: parseNumber(scale, "the field scale") }),
    ...(mean.trim() && { mean: parseNumbers(mean, "the field mean") }),
    ...(std.trim() && { std: parseNumbers(std, "the field std") }),
  };
}

export const isImage = (file: File): boolean => file.type.startsWith("image/");

/**
 * Samples from files. One whose name says "labels" holds the labels; images become one array.
 * @throws InputError.
 */
export async function readSamples(
  files: readonly File[],
  inputs: readonly InputSpec[],
  typed: Typed,
): Promise<LoadedSamples> {
  if (files.length === 0) {
    const note =
      "RANDOM DATA: no samples were given, so the inputs are made up, and neither the plan nor its errors tell anything about real inputs";
    return { samples: randomSamples(inputs, randomCount, 1), notes: [note] };
  }
  const images = files.filter(isImage);
  const labels = files.filter((file) => /labels/i.test(file.name) && !images.includes(file));
  const arrays = files.filter((file) => !images.includes(file) && !labels.includes(file));
  if (labels.length > 1) {
    throw new InputError("bad-labels", {
      what: `${labels.length} files have "labels" in their names, and one can hold the labels`,
      where: labels.map((file) => file.name).join(", "),
      next: "give one file of labels, and rename samples that are none",
    });
  }
  const data = await Promise.all(arrays.map(dataFile));
  if (images.length > 0) data.push(await imageArray(images, inputs));
  const loaded = toSamples(data, inputs, {
    ...preprocessOf(typed),
    ...(labels[0] && { labels: await dataFile(labels[0]) }),
  });
  const decoded =
    images.length > 0
      ? [`${images.length} images were scaled to the input's size; their values run from 0 to 255`]
      : [];
  return { ...loaded, notes: [...decoded, ...loaded.notes] };
}

async function dataFile(file: File): Promise<DataFile> {
  return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
}

export interface ImageShape {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  /** Channels come first, as ONNX models have them, or last. */
  readonly first: boolean;
}

/** The images that an input takes; null where it takes none. A flat input of a square number is a square grey image. */
export function imageShape({ type }: InputSpec): ImageShape | null {
  const dims = type?.shape?.slice(1);
  if (!dims || !dims.every((d) => typeof d === "number")) return null;
  if (dims.length === 3 && (dims[0] === 1 || dims[0] === 3)) {
    return { channels: dims[0], height: dims[1]!, width: dims[2]!, first: true };
  }
  if (dims.length === 3 && (dims[2] === 1 || dims[2] === 3)) {
    return { channels: dims[2], height: dims[0]!, width: dims[1]!, first: false };
  }
  if (dims.length === 2) return { channels: 1, height: dims[0]!, width: dims[1]!, first: true };
  const side = Math.sqrt(sizeOf(dims));
  return dims.length === 1 && Number.isInteger(side) && side >= 8
    ? { channels: 1, height: side, width: side, first: true }
    : null;
}

/** One array of 8-bit numbers for all images, in the layout of the input. @throws InputError `wrong-shape`. */
async function imageArray(images: readonly File[], inputs: readonly InputSpec[]): Promise<DataFile> {
  const [input] = inputs;
  const shape = inputs.length === 1 && input ? imageShape(input) : null;
  if (!shape) {
    const dims = inputs.map(({ id, type }) => `"${id}" [${staticShape(type)?.join(", ") ?? "open"}]`);
    throw new InputError("wrong-shape", {
      what: `Images were given, but the model's inputs are ${dims.join(", ")}: no single image of known size`,
      where: images[0]!.name,
      next: "give the samples as .npz or .npy",
    });
  }
  const { channels, height, width, first } = shape;
  const size = channels * height * width;
  const all = new Uint8Array(size * images.length);
  for (const [i, image] of images.entries()) {
    all.set(inLayout(await pixelsOf(image, width, height), shape), i * size);
  }
  const dims = first ? [channels, height, width] : [height, width, channels];
  return { name: "images", bytes: writeNpy(tensor("uint8", [images.length, ...dims], all)) };
}

async function pixelsOf(image: File, width: number, height: number): Promise<Uint8ClampedArray> {
  const decoded = await createImageBitmap(image, {
    resizeWidth: width,
    resizeHeight: height,
    resizeQuality: "high",
  }).catch((cause: unknown) => {
    throw new InputError("bad-data", {
      what: `The browser cannot decode this image: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: image.name,
      next: "save it again as PNG or JPEG",
    });
  });
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
  context.drawImage(decoded, 0, 0);
  decoded.close();
  return context.getImageData(0, 0, width, height).data;
}

/** From RGBA pixels; grey is the luma of ITU-R BT.601. */
export function inLayout(
  rgba: ArrayLike<number>,
  { channels, height, width, first }: ImageShape,
): Uint8Array {
  const count = height * width;
  const out = new Uint8Array(channels * count);
  for (let i = 0; i < count; i++) {
    const [r, g, b] = [rgba[4 * i]!, rgba[4 * i + 1]!, rgba[4 * i + 2]!];
    if (channels === 1) out[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    else [r, g, b].forEach((value, c) => (out[first ? c * count + i : 3 * i + c] = value));
  }
  return out;
}
