// Who computes plans and inputs: the CPU or the GPU, what each is, and why one may not be there.
import type { BackendName, DeviceView } from "../protocol.js";
import type { Store } from "./store.js";

const names: Readonly<Record<BackendName, string>> = { cpu: "CPU", webgpu: "WebGPU" };

export function BackendChoice({ store }: { store: Store }) {
  const { device, backend, opening } = store.state;
  const gpu = device?.gpu;
  const missing = gpu?.kind === "missing" ? gpu.problem : null;
  return (
    <section class="backend" aria-labelledby="backend-heading">
      <h2 id="backend-heading">Compute on</h2>
      <fieldset aria-describedby="backend-about">
        <legend class="visually-hidden">Backend</legend>
        {(Object.keys(names) as BackendName[]).map((name) => (
          <label key={name}>
            <input
              type="radio"
              name="backend"
              value={name}
              checked={(opening ?? backend.name) === name}
              disabled={name === "webgpu" && gpu?.kind !== "adapter"}
              onChange={() => void store.use(name)}
            />
            <span>
              <b>{names[name]}</b> <span class="small">{aboutOf(name, device)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <p class="small" role="status">
        {opening === "webgpu" && "Opening the GPU and testing its arithmetic …"}
      </p>
      {missing && (
        <p class="small missing" role="note">
          <b>{missing.what}</b> ({missing.where}): {missing.next}. The CPU computes.
        </p>
      )}
      <p class="small" id="backend-about">
        Inputs run there, and the plans that are measured. Calibration stays on the CPU, since it is in
        binary64, and so does planning, so that plans do not depend on this choice. The CPU is the default: on
        a GPU only sums that a plan decides are emulated bit for bit; what lies between them is binary32 and
        may differ in the last places, and what has no shader goes back to the CPU.
      </p>
    </section>
  );
}

function aboutOf(name: BackendName, device: DeviceView | null): string {
  if (name === "cpu") {
    const threads = device ? `, ${device.threads} ${device.threads === 1 ? "thread" : "threads"}` : "";
    return `WebAssembly${threads}: every bit is the reference's`;
  }
  if (!device) return "asking …";
  const { gpu } = device;
  if (gpu.kind === "missing") return "not available";
  return gpu.software ? `${gpu.name}: software in a GPU's place, and slow` : gpu.name;
}
