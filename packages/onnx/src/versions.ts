// Which versions of ONNX this package has been written against.

/** The versions that this importer has been written against. Opset 7 brought today's broadcasting; what came before is upgraded. */
export const knownVersions = { oldestOpset: 1, newestOpset: 28, newestIr: 13 } as const;
