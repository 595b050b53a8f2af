// Progress on stderr: a bar with the time left on a terminal, a line per stage elsewhere, nothing when quiet.
import { Presets, SingleBar } from "cli-progress";
import type { Progress, Stage } from "../pipeline.js";
import type { Io } from "./io.js";

const verbs: Record<Stage, string> = { calibrate: "calibrating", tune: "tuning", evaluate: "evaluating" };

export interface Reporter {
  readonly onProgress: Progress;
  stop(): void;
}

export function createReporter(io: Io, quiet: boolean): Reporter {
  if (quiet) return { onProgress: () => undefined, stop: () => undefined };
  let bar: SingleBar | null = null;
  let current: Stage | null = null;
  let started = 0;
  const close = (total: number): void => {
    bar?.stop();
    bar = null;
    if (current && !io.errIsTerminal) io.err(`${verbs[current]} ${total} samples took ${seconds(started)}\n`);
    current = null;
  };
  return {
    onProgress(stage, done, total) {
      if (current !== stage) {
        if (current) close(total);
        current = stage;
        started = performance.now();
        if (io.errIsTerminal) {
          bar = new SingleBar(
            {
              format: `${verbs[stage]} {bar} {value}/{total} samples, {eta_formatted} left`,
              stream: io.errStream,
              clearOnComplete: true,
              hideCursor: true,
              etaBuffer: 50,
            },
            Presets.shades_classic,
          );
          bar.start(total, 0);
        }
      }
      bar?.update(done);
      if (done === total) close(total);
    },
    stop() {
      bar?.stop();
      bar = null;
    },
  };
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
