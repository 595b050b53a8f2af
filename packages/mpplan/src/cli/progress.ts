// Progress on stderr: a bar with the time left on a terminal, a line per stage elsewhere, nothing when quiet.
import { Presets, SingleBar } from "cli-progress";
import { type Progress, type Stage } from "../work.js";
import type { Io } from "./io.js";

const verbs: Record<Stage, string> = { calibrate: "calibrating", tune: "tuning", evaluate: "evaluating" };

export interface Reporter {
  readonly onProgress: Progress;
  /** Ends the bar, and tells of the last stage where it came to its end. */
  stop(): void;
}

/** A stage under way. One that comes several times in a row, such as tuning, is told as one. */
interface Current {
  readonly stage: Stage;
  readonly since: number;
  done: number;
  total: number;
  rounds: number;
}

/** `words` replaces the word for a stage. */
export function createReporter(
  io: Io,
  quiet: boolean | undefined,
  words: Partial<Record<Stage, string>> = {},
): Reporter {
  if (quiet) return { onProgress: () => undefined, stop: () => undefined };
  const verb = (stage: Stage): string => words[stage] ?? verbs[stage];
  let bar: SingleBar | null = null;
  let current: Current | null = null;

  const finish = (): void => {
    bar?.stop();
    bar = null;
    if (current && current.done === current.total && !io.errIsTerminal) {
      const seconds = ((performance.now() - current.since) / 1000).toFixed(1);
      const rounds = current.rounds === 1 ? "" : `, ${current.rounds} times,`;
      const samples = `${current.done} ${current.done === 1 ? "sample" : "samples"}`;
      io.err(`${verb(current.stage)} ${samples}${rounds} took ${seconds} s\n`);
    }
    current = null;
  };
  return {
    onProgress(stage, done, total) {
      if (current?.stage !== stage) {
        finish();
        current = { stage, since: performance.now(), done: 0, total, rounds: 1 };
        bar = io.errIsTerminal ? startBar(io, verb(stage), total) : null;
      } else if (done <= current.done) {
        current.rounds++;
        current.total = total;
        bar?.start(total, 0);
      }
      current.done = done;
      bar?.update(done);
    },
    stop: finish,
  };
}

/** `work` with a reporter, which is stopped however it ends. */
export async function reporting<T>(
  io: Io,
  quiet: boolean | undefined,
  work: (reporter: Reporter) => Promise<T>,
  words?: Partial<Record<Stage, string>>,
): Promise<T> {
  const reporter = createReporter(io, quiet, words);
  try {
    return await work(reporter);
  } finally {
    reporter.stop();
  }
}

function startBar(io: Io, verb: string, total: number): SingleBar {
  const bar = new SingleBar(
    {
      format: `${verb} {bar} {value}/{total} samples, {eta_formatted} left`,
      stream: io.errStream,
      clearOnComplete: true,
      hideCursor: true,
      etaBuffer: 50,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return bar;
}
