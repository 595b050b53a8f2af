/** The module's bytes, compiled now. */
export function compileKernels(): Promise<Uint8Array>;
/** The text of src/generated/kernels.ts. */
export function moduleText(binary: Uint8Array): string;
