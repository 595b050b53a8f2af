// Two backends as one: what the first cannot do the second does, on values that are moved over for it and back.
import type { Handle, Kernel, KernelBackend, KernelContext } from "@mpplan/runtime";

/** The first backend, with a kernel of the second wherever it has none; such results say so. */
export function chained(first: KernelBackend, second: KernelBackend): KernelBackend {
  return {
    ...first,
    kernelFor(request) {
      const own = first.kernelFor(request);
      if (own.kind === "kernel") return own;
      const other = second.kernelFor(request);
      if (other.kind !== "kernel") return other;
      return moved(other, first, second, `${second.name} instead of ${first.name}: ${own.reason}`);
    },
  };
}

function moved(kernel: Kernel, first: KernelBackend, second: KernelBackend, substitution: string): Kernel {
  const over = async (handle: Handle): Promise<Handle> => second.upload(await first.download(handle));
  const back = async (handle: Handle): Promise<Handle> => first.upload(await second.download(handle));
  const all = (handles: readonly Handle[], move: typeof over): Promise<Handle[]> =>
    Promise.all(handles.map(move));
  return {
    kind: "kernel",
    async run(inputs, context) {
      const { run } = context;
      const there: KernelContext = {
        ...context,
        ...(run && { run: async (body, given) => all(await run(body, await all(given, back)), over) }),
      };
      const own = await Promise.all(inputs.map(async (handle) => handle && over(handle)));
      const result = await kernel.run(own, there);
      return { ...result, outputs: await all(result.outputs, back), substitution };
    },
  };
}
