// Files, with errors that say what to do: whole reads, writes that happen entirely or not at all, and the folder
// that a model's external data may not leave.
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { open, rename, stat } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { basename, dirname, join, resolve, sep } from "node:path";
import { MpplanError } from "@mpplan/formats";
import { checkExternalLocation, type ExternalFiles } from "@mpplan/onnx";
import { InputError, type InputErrorCode } from "../data/errors.js";

/** One read call moves at most 2 GiB; files may be longer. */
const chunkBytes = 2 ** 30;

/**
 * The bytes of a file; a pipe is read to its end.
 * @param checkSize - Throws where the file is too large to be read at all.
 * @throws InputError `not-found`, `unreadable`.
 */
export function readBytes(path: string, checkSize: (bytes: number) => void = () => {}): Uint8Array {
  try {
    const facts = statSync(path);
    if (facts.isDirectory()) throw unreadable(path, "This is a folder", "name a file in it");
    if (facts.isCharacterDevice() || facts.isBlockDevice())
      throw unreadable(path, "This is a device", "name a file");
    if (!facts.isFile()) return new Uint8Array(readFileSync(path));
    return withFile(path, constants.O_RDONLY, (file, size) => {
      checkSize(size);
      return readPart(file, 0, size, path);
    });
  } catch (error) {
    throw error instanceof MpplanError ? error : readError(path, error);
  }
}

/**
 * Writes a file so that a reader sees the old content or the new, never a part: into a temporary file beside it,
 * then renamed. Pipes and devices, which cannot be renamed over, are written to directly.
 * @throws InputError `unwritable`.
 */
export async function writeAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const folder = dirname(resolve(path));
  const parent = await stat(folder).catch(() => null);
  if (!parent?.isDirectory()) {
    throw unwritable(path, `There is no folder ${folder}`, "make the folder first, or choose another place");
  }
  const old = await stat(path).catch(() => null);
  if (old?.isDirectory()) throw unwritable(path, "This is a folder", "name a file in it");
  try {
    if (old && !old.isFile()) return await writeTo(path, "w", content);
    // Through a symbolic link: the file it points to is replaced, not the link.
    await replace(old ? realpathSync(path) : resolve(path), content, old?.mode);
  } catch (error) {
    throw error instanceof InputError ? error : writeError(path, error);
  }
}

/**
 * The files beside a model, for `importOnnx`: regular files in the model's folder or below, no symbolic link that
 * leads out of it, and of each only the bytes that are asked for.
 * @throws ImportError `external-data` for a location that no model may name; InputError `not-found`, `unreadable`.
 */
export function externalFiles(modelPath: string): ExternalFiles {
  const folder = dirname(resolve(modelPath));
  const within = <T>(location: string, use: (file: number, size: number, path: string) => T): T => {
    const path = join(folder, checkExternalLocation(location));
    try {
      const [home, real] = [realpathSync(folder), realpathSync(path)];
      if (!real.startsWith(home.endsWith(sep) ? home : home + sep)) {
        throw unreadable(
          path,
          "The model's data file leads out of the model's folder",
          "copy the file itself there",
        );
      }
      // The path is resolved: a link that appears now is an attack, and a pipe without a writer must not block.
      const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
      return withFile(real, flags, (file, size) => use(file, size, real));
    } catch (error) {
      throw error instanceof InputError ? error : readError(path, error);
    }
  };
  return {
    size: (location) => within(location, (_, size) => size),
    read: (location, offset, length) =>
      within(location, (file, _, path) => readPart(file, offset, length, path)),
  };
}

/** Opens a regular file, and closes it whatever happens. */
function withFile<T>(path: string, flags: number, use: (file: number, size: number) => T): T {
  const file = openSync(path, flags);
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) throw unreadable(path, "This is no regular file", "name a file");
    return use(file, facts.size);
  } finally {
    closeSync(file);
  }
}

function readPart(file: number, offset: number, length: number, path: string): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const read = readSync(file, bytes, at, Math.min(chunkBytes, length - at), offset + at);
    if (read === 0)
      throw unreadable(path, "The file shrank while it was read", "try again when nothing writes to it");
    at += read;
  }
  return bytes;
}

async function replace(path: string, content: Uint8Array | string, mode: number | undefined): Promise<void> {
  const temporary = join(
    dirname(path),
    `.${basename(path).slice(0, 100)}.${randomBytes(6).toString("hex")}.tmp`,
  );
  const stop = removeOnExit(temporary);
  try {
    await writeTo(temporary, "wx", content, mode);
    await rename(temporary, path);
  } catch (error) {
    remove(temporary);
    throw error;
  } finally {
    stop();
  }
}

async function writeTo(
  path: string,
  flags: string,
  content: Uint8Array | string,
  mode?: number,
): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.writeFile(content);
    if (mode !== undefined) await file.chmod(mode & 0o777);
    // Pipes and devices cannot be synchronised, and need not be.
    if (flags === "wx") await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes the file if the process ends early; the returned function says that all is well. */
function removeOnExit(path: string): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const onExit = (): void => remove(path);
  const onSignal = (signal: NodeJS.Signals): void => {
    remove(path);
    stop();
    // Without listeners of its own, the program ends as it would have ended without this one.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const stop = (): void => {
    process.off("exit", onExit);
    for (const signal of signals) process.off(signal, onSignal);
  };
  process.on("exit", onExit);
  for (const signal of signals) process.prependListener(signal, onSignal);
  return stop;
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Already renamed, or never made.
  }
}

function readError(path: string, error: unknown): InputError {
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") {
    const missing = `There is no ${basename(path).includes(".") ? "file" : "file or folder"} of this name`;
    return fail("not-found", path, missing, `check the spelling; the current folder is ${process.cwd()}`);
  }
  if (code === "EACCES" || code === "EPERM") {
    return unreadable(path, "You may not read this file", "change its permissions, or run as its owner");
  }
  if (code === "ELOOP") return unreadable(path, "This symbolic link leads nowhere", "name the file itself");
  return unreadable(
    path,
    `The file cannot be read: ${messageOf(error)}`,
    "copy it to a local disk and try again",
  );
}

function writeError(path: string, error: unknown): InputError {
  const code = codeOf(error);
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return unwritable(
      path,
      "You may not write here",
      "choose another place with -o, or change the permissions",
    );
  }
  if (code === "ENOSPC" || code === "EDQUOT") {
    return unwritable(
      path,
      "The disk is full; nothing was changed",
      "free some space, or choose another disk with -o",
    );
  }
  return unwritable(path, `The file cannot be written: ${messageOf(error)}`, "choose another place with -o");
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function unreadable(path: string, what: string, next: string): InputError {
  return fail("unreadable", path, what, next);
}

function unwritable(path: string, what: string, next: string): InputError {
  return fail("unwritable", path, what, next);
}

function fail(code: InputErrorCode, where: string, what: string, next: string): InputError {
  return new InputError(code, { what, where, next });
}
