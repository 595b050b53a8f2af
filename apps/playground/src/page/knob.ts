// What a move of the knob starts: a picture at once, and when it has rested, its plan's measurement.
import type { Cut, CutView, Measured, ProfileView } from "../protocol.js";
import type { Workers } from "./client.js";
import { latestOnly } from "./latest.js";
import { painted } from "./painted.js";
import { startAt } from "./state.js";

/** How long the knob rests before its plan is run. */
const restMilliseconds = 350;

const first: Cut = { method: "hybrid", value: startAt.hybrid };

/** What the page makes of it. */
export interface KnobListener {
  /** Null where only the knob itself has changed. */
  redraw(cut: CutView | null): void;
  measured(measured: Measured): void;
  failed(error: unknown): void;
}

export class Knob {
  cut: Cut = first;
  /** False while there is nothing to cut. */
  private live = false;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private measuring = false;

  constructor(
    private readonly workers: Workers,
    private readonly page: KnobListener,
  ) {}

  /** No measurement begins any more. */
  stop(): void {
    clearTimeout(this.resting);
  }

  /** For another model. */
  reset(): void {
    this.stop();
    this.live = false;
    this.cut = first;
  }

  /** With fronts of these cheapest costs; the first picture. */
  start(least: ProfileView["least"]): Promise<CutView> {
    this.live = true;
    const { method, value } = this.cut;
    if (method !== "dynamic") this.cut = { method, value: Math.max(value, least[method]) };
    return this.workers.cuts.view(this.cut);
  }

  /** Redraws at once; only the latest wish counts where they come faster than answers. */
  choose(cut: Cut): void {
    const other = cut.method !== this.cut.method;
    this.cut = cut;
    this.stop();
    // A plan that nobody waits for any more takes time from the one that is drawn.
    if (this.measuring) this.workers.worker.rest().catch((error: unknown) => this.page.failed(error));
    this.measuring = false;
    // Another method has another knob, which must be there before the next key.
    if (other) this.page.redraw(null);
    if (this.live) this.redraw({ cut, begin: performance.now() });
  }

  private readonly redraw = latestOnly(async ({ cut, begin }: { cut: Cut; begin: number }) => {
    try {
      const view = await this.workers.cuts.view(cut);
      this.page.redraw(view);
      painted(() => performance.measure("redraw", { start: begin, end: performance.now() }));
      if (this.cut === cut) this.measureSoon();
    } catch (error) {
      this.page.failed(error);
    }
  });

  /** As soon as the knob has rested. */
  measureSoon(): void {
    this.stop();
    this.resting = setTimeout(() => {
      const { cut } = this;
      this.measuring = true;
      this.workers.worker.measure(cut).then(
        (measured) => {
          if (!measured || cut !== this.cut) return;
          this.measuring = false;
          this.page.measured(measured);
        },
        (error: unknown) => this.page.failed(error),
      );
    }, restMilliseconds);
  }
}
