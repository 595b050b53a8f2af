// What the wasm module exports.
export * from "./finish";
export * from "./operands";
export * from "./sums32";
export * from "./sums64";
export * from "./trace";
