// What the page knows and what it can do: the views that the worker sent, and the actions behind the controls.
import type { ComparisonRow } from "@mpplan/ir";
import type {
  Cut,
  CutView,
  DeviceView,
  DocumentKind,
  ErrorView,
  Measured,
  Method,
  ModelView,
  ProfileView,
  RunInput,
  RunView,
  Source,
  Verbs,
} from "../protocol.js";
import { connect, WorkerProblem, type Event } from "./client.js";
import { save } from "./save.js";

export interface Busy {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

export interface PageState {
  readonly ready: boolean;
  /** Names of the library's presets. */
  readonly presets: readonly string[];
  readonly device: DeviceView | null;
  readonly busy: Busy | null;
  readonly problem: ErrorView | null;
  readonly model: ModelView | null;
  readonly profile: ProfileView | null;
  readonly rows: readonly ComparisonRow[];
  readonly cut: CutView | null;
  /** Of the cut that is shown; null while that is not known. */
  readonly measured: Measured | null;
  readonly run: RunView | null;
  /** Said to screen readers. */
  readonly said: string;
}

const empty = { model: null, profile: null, rows: [], cut: null, measured: null, run: null, problem: null };

/** Where the controls stand at first; a tau has its own scale. */
export const startAt: Readonly<Record<Method, number>> = { hybrid: 0.75, static: 0.75, dynamic: 0.3 };

/** How long a control rests before its plan is run. */
const restMilliseconds = 350;

export class Store {
  state: PageState = { ...empty, ready: false, presets: [], device: null, busy: null, said: "" };
  private readonly worker: Verbs;
  private readonly listeners = new Set<() => void>();
  private wanted: Cut = { method: "hybrid", value: startAt.hybrid };
  private cutting = false;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private input: RunInput | null = null;
  private running = false;
  private runAgain = false;

  constructor(workerAddress: string) {
    this.worker = connect(workerAddress, (event) => this.heard(event));
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get cut(): Cut {
    return this.wanted;
  }

  /** From a model to its chart; ends early where it is cancelled or something is wrong. */
  start(source: Source): Promise<void> {
    return this.job("Reading the model", async () => {
      clearTimeout(this.rest);
      this.input = null;
      this.wanted = { method: "hybrid", value: startAt.hybrid };
      this.set({ ...empty });
      const model = await this.worker.open(source);
      this.set({ model, said: `${model.name} is read: ${model.sites.length} places where sums are planned` });
      this.runOn({ kind: "sample", index: 0 });
      await this.measureAndDraw();
    });
  }

  /** The same model again, after a measurement was cancelled. */
  again(): Promise<void> {
    return this.job("Measuring", () => this.measureAndDraw());
  }

  private async measureAndDraw(): Promise<void> {
    const profile = await this.worker.calibrate();
    this.set({ profile, said: "The plan is made" });
    this.wanted = { ...this.wanted, value: Math.max(this.wanted.value, profile.least.hybrid) };
    this.set({ cut: await this.worker.cut(this.wanted) });
    if (profile.measured < profile.wanted) return;
    this.set({ busy: { what: "Measuring plans", done: 0, total: 0 } });
    await this.worker.chart();
    this.measureSoon();
    if (this.input) this.runOn(this.input);
    this.set({ said: "All plans are measured" });
  }

  cancel(): void {
    void this.worker.cancel();
  }

  /** Redraws at once; only the latest wish counts where they come faster than answers. */
  choose(cut: Cut): void {
    const other = cut.method !== this.wanted.method;
    this.wanted = cut;
    // Another method has another knob, which must be there before the next key.
    if (other) this.set({});
    if (this.cutting || !this.state.profile) return;
    this.cutting = true;
    const begin = performance.now();
    void this.worker.cut(cut).then(
      (view) => {
        this.cutting = false;
        this.set({ cut: view, measured: null });
        painted(() => performance.measure("redraw", { start: begin, end: performance.now() }));
        if (this.wanted !== cut) this.choose(this.wanted);
        else this.measureSoon();
      },
      (error: unknown) => {
        this.cutting = false;
        this.failed(error);
      },
    );
  }

  /** Runs this input in every mode; while one runs, only the latest is kept. */
  runOn(input: RunInput): void {
    this.input = input;
    if (this.running) {
      this.runAgain = true;
      return;
    }
    this.running = true;
    this.worker
      .run(input, this.state.profile ? this.wanted : null)
      .then(
        (run) => this.set({ run }),
        (error: unknown) => this.failed(error),
      )
      .finally(() => {
        this.running = false;
        if (this.runAgain && this.input) {
          this.runAgain = false;
          this.runOn(this.input);
        }
      });
  }

  download(kind: DocumentKind): Promise<void> {
    return this.job("Writing the document", async () => {
      const document = await this.worker.document(kind, this.wanted);
      save(document);
      this.set({ said: `${document.name} is saved` });
    });
  }

  private measureSoon(): void {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      const cut = this.wanted;
      this.worker.measure(cut).then(
        (measured) => {
          if (!measured || cut !== this.wanted) return;
          this.set({ measured });
          if (this.input) this.runOn(this.input);
        },
        (error: unknown) => this.failed(error),
      );
    }, restMilliseconds);
  }

  private async job(what: string, work: () => Promise<void>): Promise<void> {
    if (this.state.busy) {
      return this.failed(
        new WorkerProblem({
          what: "The page is still at work, and took nothing new",
          where: this.state.busy.what,
          next: "wait for it, or cancel it, then try again",
          cancelled: true,
        }),
      );
    }
    this.set({ busy: { what, done: 0, total: 0 }, problem: null });
    try {
      await work();
    } catch (error) {
      this.failed(error);
    } finally {
      this.set({ busy: null });
    }
  }

  /** Asks the GPU how it accumulates. */
  probe(): ReturnType<Verbs["probe"]> {
    return this.worker.probe();
  }

  private failed(error: unknown): void {
    const view =
      error instanceof WorkerProblem
        ? error.view
        : { what: String(error), where: "the page's own code", next: "reload the page", cancelled: false };
    // An alert speaks for itself.
    this.set({ problem: view });
  }

  private heard(event: Event): void {
    switch (event.kind) {
      case "ready":
        this.set({ ready: true, presets: event.presets });
        painted(() => performance.mark("interactive"));
        void this.worker.device().then(
          (device) => this.set({ device }),
          (error: unknown) => this.failed(error),
        );
        return;
      case "progress":
        this.set({ busy: { what: "Measuring every neuron", done: event.done, total: event.total } });
        return;
      case "row":
        this.set({
          rows: [...this.state.rows.filter((row) => !sameRow(row, event.row)), event.row],
          busy: { what: "Measuring plans", done: event.done, total: event.total },
        });
        return;
      default:
        event satisfies never;
    }
  }

  private set(part: Partial<PageState>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.listeners) listener();
  }
}

function sameRow(a: ComparisonRow, b: ComparisonRow): boolean {
  return a.name === b.name && a.targetCost === b.targetCost && a.tau === b.tau;
}

/** After the next frame is on the screen, as far as a page can tell: its callback, and then a task of its own. */
function painted(then: () => void): void {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      then();
    };
    channel.port2.postMessage(null);
  });
}
