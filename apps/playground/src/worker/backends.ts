// The backends of the page: the cpu is always there and calibrates; plans and inputs run on the one that was chosen, and
// on the cpu from the moment that the GPU fails.
import { MpplanError, openExecutor, type GpuFacts, type OwnedExecutor } from "mpplan";
import type { Executor } from "@mpplan/runtime";
import { CallFailed } from "../calls.js";
import type { BackendName, BackendView, Told } from "../protocol.js";
import { errorView } from "./answer.js";
import { adapterName, ownThreads } from "./device.js";

export class Backends {
  private gpu: OwnedExecutor | null = null;
  private chosen: BackendName = "cpu";

  private constructor(
    /** Bit by bit the reference. */
    readonly cpu: Executor,
    private readonly tell: (told: Told) => void,
  ) {}

  static async open(tell: (told: Told) => void): Promise<Backends> {
    // Long work is left for a moment every 5 ms, so that inputs and cancelling wait for one run at most.
    const { executor } = await openExecutor(["cpu"], { threads: ownThreads().threads, pauseMilliseconds: 5 });
    return new Backends(executor, tell);
  }

  get view(): BackendView {
    const adapter = this.chosen === "webgpu" ? this.gpu!.gpu!.adapter : null;
    return { name: this.chosen, adapter: adapter && nameOf(adapter) };
  }

  get executor(): Executor {
    return this.chosen === "webgpu" ? this.gpu!.executor : this.cpu;
  }

  /** @throws CallFailed where there is no device, or its sums cannot be made exact. */
  async use(name: BackendName): Promise<BackendView> {
    if (name === "webgpu") this.gpu ??= await openGpu();
    this.chosen = name;
    return this.view;
  }

  /** Does work on the chosen backend. Where its GPU fails, says so, and does the same on the cpu. */
  async run<T>(work: (executor: Executor, on: BackendName) => Promise<T>): Promise<T> {
    const [executor, on] = [this.executor, this.chosen];
    try {
      return await work(executor, on);
    } catch (error) {
      if (on !== "webgpu" || !isGpuFailure(error)) throw error;
      this.leave(executor, error);
      return work(this.cpu, "cpu");
    }
  }

  /** Once per GPU: work that was under way on it fails too. */
  private leave(executor: Executor, error: MpplanError): void {
    if (this.gpu?.executor !== executor) return;
    this.gpu.dispose();
    this.gpu = null;
    this.chosen = "cpu";
    const next = "the page goes on with the CPU; choose WebGPU to try again";
    this.tell({ kind: "fallback", backend: this.view, problem: { ...errorView(error), next } });
  }
}

async function openGpu(): Promise<OwnedExecutor> {
  // What has no shader goes to a cpu backend of its own.
  const opened = await openExecutor(["webgpu", "cpu"], {
    threads: ownThreads().threads,
    pauseMilliseconds: 5,
  }).catch((error: unknown) => {
    const view = errorView(error);
    throw new CallFailed({ ...view, next: `the page goes on with the CPU; ${view.next}` });
  });
  const { adapter, inexact } = opened.gpu!;
  if (inexact === null) return opened;
  opened.dispose();
  throw new CallFailed({
    what: `WebGPU is refused: ${inexact}`,
    where: `adapter ${nameOf(adapter)}, at the start-up test`,
    next: "the page goes on with the CPU; report this adapter with its fingerprint, which is told below",
    cancelled: false,
  });
}

const nameOf = ({ description, vendor, architecture }: GpuFacts["adapter"]): string =>
  adapterName([description, vendor, architecture]);

/** A lost device, full memory, a tensor beyond its largest buffer. */
function isGpuFailure(error: unknown): error is MpplanError {
  return error instanceof MpplanError && error.name === "WebGpuError";
}
