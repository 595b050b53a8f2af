// What the page can do: the actions behind its controls, and what they make of its state.
import type {
  BackendName,
  Cut,
  DocumentKind,
  ProfileView,
  RunInput,
  Source,
  Told,
  Verbs,
} from "../protocol.js";
import { CallFailed } from "../calls.js";
import { connect, type Workers } from "./client.js";
import { Knob } from "./knob.js";
import { latestOnly } from "./latest.js";
import { painted } from "./painted.js";
import { save } from "./save.js";
import { atFirst, empty, withRow, type PageState } from "./state.js";

export class Store {
  state: PageState = atFirst;
  private readonly worker: Workers["worker"];
  private readonly listeners = new Set<() => void>();
  private readonly knob: Knob;
  private input: RunInput | null = null;

  constructor(addresses: Readonly<Record<keyof Workers, string>>) {
    const heard = (told: Told): void => this.heard(told);
    const workers = connect(addresses, heard, (error) => this.failed(error));
    this.worker = workers.worker;
    this.knob = new Knob(workers, {
      redraw: (cut) => this.set(cut === null ? {} : { cut, measured: null }),
      measured: (measured) => {
        this.set({ measured });
        this.runAgain();
      },
      failed: (error) => this.failed(error),
    });
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  get cut(): Cut {
    return this.knob.cut;
  }

  /** From a model to its chart; ends early where it is cancelled or something is wrong. `opened` unless it is refused. */
  start(source: Source, opened: () => void): Promise<void> {
    return this.job("Reading the model", async () => {
      this.knob.stop();
      const model = await this.worker.open(source);
      opened();
      this.knob.reset();
      this.set({
        ...empty,
        model,
        said: `${model.name} is read: ${model.sites.length} places where sums are planned`,
      });
      this.runOn({ kind: "sample", index: 0 });
      await this.calibrateAndDraw();
    });
  }

  /** What a cancelled measurement left undone, or what another backend has measured. */
  again(): Promise<void> {
    const { profile } = this.state;
    return this.job("Measuring", () => (profile && isWhole(profile) ? this.draw() : this.calibrateAndDraw()));
  }

  private async calibrateAndDraw(): Promise<void> {
    const profile = await this.worker.calibrate();
    this.set({ profile, rows: [], rowsWanted: 0, said: "The plan is made" });
    this.set({ cut: await this.knob.start(profile.least) });
    if (isWhole(profile)) await this.draw();
  }

  private async draw(): Promise<void> {
    this.set({ busy: { what: "Measuring plans", done: 0, total: 0 } });
    await this.worker.chart();
    this.knob.measureSoon();
    this.runAgain();
    const { rows, rowsWanted } = this.state;
    this.set({
      said:
        rows.length < rowsWanted
          ? `Cancelled: ${rows.length} of ${rowsWanted} plans are measured`
          : "All plans are measured",
    });
  }

  cancel(): void {
    this.worker.cancel().catch((error: unknown) => this.failed(error));
  }

  /** Another backend, with the same model and plans; where it cannot be had, the one before goes on. */
  async use(name: BackendName): Promise<void> {
    if (this.state.opening || name === this.state.backend.name) return;
    this.set({ opening: name, problem: null });
    try {
      const backend = await this.worker.use(name);
      this.set({ backend, said: `${name === "cpu" ? "The CPU" : "WebGPU"} computes now` });
      if (this.state.cut && !this.state.busy) this.knob.measureSoon();
      this.runAgain();
    } catch (error) {
      this.failed(error);
    } finally {
      this.set({ opening: null });
    }
  }

  choose(cut: Cut): void {
    this.knob.choose(cut);
  }

  /** Runs this input in every mode; while one runs, only the latest is kept. */
  runOn(input: RunInput): void {
    this.input = input;
    this.set({ running: true });
    this.runLatest({ input, begin: performance.now() });
  }

  private runAgain(): void {
    if (this.input) this.runOn(this.input);
  }

  private readonly runLatest = latestOnly(async ({ input, begin }: { input: RunInput; begin: number }) => {
    try {
      const run = await this.worker.run(input, this.state.profile ? this.cut : null);
      this.set({ run, running: this.input !== input });
      painted(() => performance.measure("outputs", { start: begin, end: performance.now() }));
    } catch (error) {
      this.set({ running: false });
      this.failed(error);
    }
  });

  download(kind: DocumentKind): Promise<void> {
    return this.job("Writing the document", async () => {
      const document = await this.worker.document(kind, this.cut);
      save(document);
      this.set({ said: `${document.name} is saved` });
    });
  }

  private async job(what: string, work: () => Promise<void>): Promise<void> {
    if (this.state.busy) {
      return this.failed(
        new CallFailed({
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
      error instanceof CallFailed
        ? error.view
        : { what: String(error), where: "the page's own code", next: "reload the page", cancelled: false };
    // An alert speaks for itself.
    this.set({ problem: view });
  }

  private heard(told: Told): void {
    switch (told.kind) {
      case "ready":
        this.set({ ready: true, presets: told.presets });
        painted(() => performance.mark("interactive"));
        this.worker.device().then(
          (device) => this.set({ device }),
          (error: unknown) => this.failed(error),
        );
        return;
      case "fallback":
        this.set({ backend: told.backend, problem: told.problem });
        return;
      case "progress":
        this.set({ busy: { what: "Measuring every neuron", done: told.done, total: told.total } });
        return;
      case "row":
        this.set({
          rows: withRow(this.state.rows, told.row),
          rowsWanted: told.total,
          busy: { what: "Measuring plans", done: told.done, total: told.total },
        });
        return;
      default:
        told satisfies never;
    }
  }

  private set(part: Partial<PageState>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.listeners) listener();
  }
}

const isWhole = ({ measured, wanted }: ProfileView): boolean => measured >= wanted;
