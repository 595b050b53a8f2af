// A model among the files that were given with it: weights that it keeps in files of their own are found by name, and
// what is wrong with it is told with the file's name.
import { ImportError } from "@mpplan/onnx";
import { InputError, openModel, type ExternalFiles, type OpenedModel } from "mpplan";

export interface ReadModel {
  readonly model: OpenedModel;
  readonly bytes: number;
  /** The given files that hold weights. */
  readonly weights: readonly File[];
}

/** Reads a part of a file at once, as only workers may. */
export type ReadPart = (file: File, offset: number, length: number) => Uint8Array;

/** @throws ImportError, whose `where` begins with the file's name. */
export async function readModel(
  file: File,
  others: readonly File[],
  name: string,
  readPart: ReadPart = readNow,
): Promise<ReadModel> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const weights = new Set<File>();
  const files = externalFiles(file.name, others, weights, readPart);
  try {
    return {
      model: openModel({ bytes, name, externalData: files }),
      bytes: bytes.length,
      weights: [...weights],
    };
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    const { code, what, where, next } = error;
    throw new ImportError(code, { what, where: `${file.name}: ${where}`, next });
  }
}

/** Files by the last part of a location, since a dropped file has no folder; those that are asked for come into `used`. */
function externalFiles(
  model: string,
  given: readonly File[],
  used: Set<File>,
  readPart: ReadPart,
): ExternalFiles {
  const locations = new Map<string, string>();
  const find = (location: string): File => {
    const name = location.split("/").at(-1)!;
    const found = given.filter((file) => file.name === name);
    const other = locations.get(name) ?? location;
    locations.set(name, other);
    if (found.length === 1 && other === location) {
      used.add(found[0]!);
      return found[0]!;
    }
    // The importer adds which tensor of which file is meant.
    throw new InputError("not-found", {
      what: found.length === 0 ? "it was not given with the model" : "several files of this name are meant",
      where: location,
      next:
        found.length === 0
          ? `drop ${model} and ${name} together, with all other files of weights`
          : `rename the files so that no two have one name, and the locations in ${model} too`,
    });
  };
  return {
    size: (location) => find(location).size,
    read: (location, offset, length) => readPart(find(location), offset, length),
  };
}

/** What TypeScript's DOM library does not have, since pages do not. */
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

const readNow: ReadPart = (file, offset, length) =>
  new Uint8Array(new FileReaderSync().readAsArrayBuffer(file.slice(offset, offset + length)));
