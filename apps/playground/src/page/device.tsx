// What this browser and device offer, and on demand how its GPU accumulates.
import { useState } from "preact/hooks";
import { CallFailed } from "../calls.js";
import type { DeviceView, GpuView, Verbs } from "../protocol.js";

export interface DeviceProps {
  readonly device: DeviceView | null;
  readonly probe: Verbs["probe"];
}

export function Device({ device, probe }: DeviceProps) {
  return (
    <section aria-labelledby="device-heading">
      <h2 id="device-heading">This device</h2>
      {device ? (
        <dl class="facts-list">
          <dt>threads</dt>
          <dd>
            {device.threads} of {device.cores} cores: {device.notMore}
          </dd>
          <dt>WebAssembly SIMD</dt>
          <dd>{device.simd ? "yes" : "no: the kernels cannot run"}</dd>
          <dt>cross-origin isolated</dt>
          <dd>
            {device.isolated ? "yes, memory can be shared among threads" : "no, so one thread computes"}
          </dd>
          <dt>WebGPU</dt>
          <dd>{gpuText(device.gpu)}</dd>
        </dl>
      ) : (
        <p>Asking …</p>
      )}
      <Probe probe={probe} />
    </section>
  );
}

type Probed = readonly (readonly [fact: string, seen: string])[] | "asking" | Error | null;

function Probe({ probe }: Pick<DeviceProps, "probe">) {
  const [found, setFound] = useState<Probed>(null);
  const ask = (): void => {
    setFound("asking");
    probe().then(setFound, (error: unknown) =>
      setFound(error instanceof Error ? error : new Error(String(error))),
    );
  };
  return (
    <>
      <button type="button" onClick={ask} disabled={found === "asking"}>
        How does this GPU accumulate?
      </button>
      <div role="status">
        {found === "asking" && <p>Compiling shaders …</p>}
        {found instanceof Error && <p>{problemText(found)}</p>}
        {Array.isArray(found) && (
          <dl class="facts-list" id="probe">
            {found.map(([fact, seen]: readonly [string, string]) => (
              <>
                <dt>{fact}</dt>
                <dd>{seen}</dd>
              </>
            ))}
          </dl>
        )}
      </div>
    </>
  );
}

function gpuText(gpu: GpuView): string {
  if (gpu.kind === "missing") return `no: ${gpu.problem.what}`;
  return `${gpu.name}; shader-f16 ${gpu.halves ? "yes" : "no"}`;
}

function problemText(error: Error): string {
  return error instanceof CallFailed ? `${error.view.what}: ${error.view.next}` : error.message;
}
