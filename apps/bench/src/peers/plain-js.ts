// Plain JavaScript, with four accumulators so that the additions overlap: what one would write without wasm.
import type { Contender } from "../harness.js";
import type { Workload } from "../workloads.js";

export function plainJs(w: Workload): Contender {
  const [m, k] = [w.input.dims[0]!, w.input.dims[1]!];
  const n = w.weights.dims[1]!;
  const a = w.input.data as Float32Array;
  const b = new Float32Array(n * k);
  const source = w.weights.data as Float32Array;
  for (let i = 0; i < k; i++) for (let j = 0; j < n; j++) b[j * k + i] = source[i * n + j]!;
  const out = new Float32Array(m * n);
  return {
    name: "plain JavaScript f32",
    macs: m * n * k,
    run() {
      for (let row = 0; row < m; row++) {
        for (let column = 0; column < n; column++) {
          let [s0, s1, s2, s3] = [0, 0, 0, 0];
          const [x, y] = [row * k, column * k];
          let i = 0;
          for (; i + 3 < k; i += 4) {
            s0 += a[x + i]! * b[y + i]!;
            s1 += a[x + i + 1]! * b[y + i + 1]!;
            s2 += a[x + i + 2]! * b[y + i + 2]!;
            s3 += a[x + i + 3]! * b[y + i + 3]!;
          }
          for (; i < k; i++) s0 += a[x + i]! * b[y + i]!;
          out[row * n + column] = s0 + s1 + s2 + s3;
        }
      }
    },
  };
}
