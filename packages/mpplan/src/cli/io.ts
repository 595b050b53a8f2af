// What a command talks to: two streams, and a way to be interrupted. Tests give their own.
import pc from "picocolors";

export interface Io {
  /** Data: what a pipe wants. */
  out(text: string): void;
  /** Everything else: settings, progress, errors. */
  err(text: string): void;
  readonly errIsTerminal: boolean;
  readonly colors: ReturnType<typeof pc.createColors>;
  readonly signal: AbortSignal;
  /** The stream that a progress bar draws on, where `errIsTerminal`. */
  readonly errStream: NodeJS.WriteStream;
}

export function processIo(signal: AbortSignal): Io {
  // A reader that has seen enough, such as head, is no error; there is nobody left to write for.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    errIsTerminal: process.stderr.isTTY === true,
    colors: pc.createColors(pc.isColorSupported && process.stdout.isTTY === true),
    signal,
    errStream: process.stderr,
  };
}
