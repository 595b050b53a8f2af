// What computes here, and what this browser and device offer.
import type { DeviceView } from "../protocol.js";

export function Device({ device }: { device: DeviceView | null }) {
  return (
    <section aria-labelledby="device-heading">
      <h2 id="device-heading">This device</h2>
      {device ? (
        <dl class="facts-list">
          <dt>backend</dt>
          <dd>{device.backend}: WebAssembly, bit by bit what the reference computes</dd>
          <dt>threads</dt>
          <dd>
            {device.threads} of {device.cores} cores{device.oneThread && `: ${device.oneThread}`}
          </dd>
          <dt>WebAssembly SIMD</dt>
          <dd>{device.simd ? "yes" : "no: the kernels cannot run"}</dd>
          <dt>cross-origin isolated</dt>
          <dd>
            {device.isolated ? "yes, memory can be shared among threads" : "no, so one thread computes"}
          </dd>
          <dt>WebGPU</dt>
          <dd>{device.webgpu}</dd>
        </dl>
      ) : (
        <p>Asking …</p>
      )}
    </section>
  );
}
