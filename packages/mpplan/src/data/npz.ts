// NumPy's .npz: a zip archive of .npy files, named by their keys.
import { zipSync } from "fflate";
import type { Tensor } from "@mpplan/ir";
import { defaultDataLimits, type DataArray, type DataLimits } from "./array.js";
import { InputError } from "./errors.js";
import { npyMagic, parseNpy, writeNpy } from "./npy.js";
import { readZip } from "./zip.js";

/** Reads all arrays of a .npz file, by key. @throws InputError `bad-data`, `unknown-format`. */
export function parseNpz(
  bytes: Uint8Array,
  name: string,
  limits: DataLimits = defaultDataLimits,
): Map<string, DataArray> {
  const arrays = new Map<string, DataArray>();
  for (const [entry, body] of readZip(bytes, name, limits)) {
    if (!entry.endsWith(".npy") || !npyMagic.startsWith(String.fromCharCode(...body.subarray(0, 6)))) {
      throw foreignArchive(entry, name);
    }
    const key = entry.slice(0, -".npy".length);
    arrays.set(key, parseNpy(body, `${name}, array ${JSON.stringify(key)}`));
  }
  return arrays;
}

/** Writes a .npz file, as `np.savez_compressed` does. Same tensors in the same order, same bytes. */
export function writeNpz(arrays: ReadonlyMap<string, Tensor>): Uint8Array {
  const entries = Object.fromEntries([...arrays].map(([key, t]) => [`${key}.npy`, writeNpy(t)]));
  // A zip entry has a date. The earliest that the format knows, in local time, as fflate reads it in local time.
  return zipSync(entries, { mtime: new Date(1980, 0, 1) });
}

function foreignArchive(entry: string, name: string): InputError {
  const torch = /(^|\/)data\.pkl$/.test(entry);
  return new InputError("unknown-format", {
    what: torch
      ? "This is a PyTorch file, not samples"
      : `The archive holds ${JSON.stringify(entry.slice(0, 80))}, which is no .npy array`,
    where: name,
    next: "write the samples with np.savez(file, **{input_name: array})",
  });
}
