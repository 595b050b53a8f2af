// The errors about what a person handed over: samples, labels, options, and files that cannot be read or written.
import { MpplanError, type ErrorBeats } from "@mpplan/formats";

/** Every code an {@link InputError} can carry. */
export type InputErrorCode =
  | "no-data" // no samples were given and none lie beside the model
  | "bad-option" // an option whose value makes no sense, alone or beside another
  | "not-found" // no file or folder of that name
  | "unreadable" // there, but not to be read: a folder, a device, no permission
  | "unwritable" // a result that cannot be stored where it was asked for
  | "unknown-format" // a file whose format is not among those supported
  | "bad-data" // a file that breaks the rules of its own format
  | "wrong-shape" // arrays that do not fit the model's inputs: names, shapes, element types, counts
  | "not-finite" // a NaN or an infinity among the samples
  | "bad-labels"; // labels that are no classes, or not one per sample

/** What lies in the command line itself; everything else lies in a file's contents. */
const usage: readonly InputErrorCode[] = ["no-data", "bad-option", "not-found", "unreadable", "unwritable"];

/**
 * What reading samples and files throws.
 *
 * @example
 * try { loadSamples(options); } catch (error) { console.log((error as InputError).code); } // no-data
 */
export class InputError extends MpplanError<InputErrorCode> {
  override readonly name = "InputError";

  constructor(code: InputErrorCode, beats: ErrorBeats) {
    super(code, beats);
  }

  /** True where the command line is at fault (exit code 2), false where a file's contents are (exit code 3). */
  get usage(): boolean {
    return usage.includes(this.code);
  }
}

/** The error for bytes that break the rules of their format. */
export function badData(
  where: string,
  what: string,
  next = "the file is damaged: write it again",
): InputError {
  return new InputError("bad-data", { what, where, next });
}
