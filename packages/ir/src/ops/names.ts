// The operators of the IR by name. Written out, not derived from the table of definitions: a definition speaks of
// nodes, a node of its operator's name, and TypeScript cannot infer a type from itself.

/** The operators of the IR; they are those of the newest ONNX, and `RoundTo`, which is ours. */
export type OpName =
  | "Add"
  | "AveragePool"
  | "BatchNormalization"
  | "Cast"
  | "CastLike"
  | "Clip"
  | "Concat"
  | "Conv"
  | "Div"
  | "Exp"
  | "Flatten"
  | "Gather"
  | "Gemm"
  | "GlobalAveragePool"
  | "Identity"
  | "If"
  | "LeakyRelu"
  | "MatMul"
  | "MaxPool"
  | "Mul"
  | "Neg"
  | "Pad"
  | "Pow"
  | "ReduceMean"
  | "Relu"
  | "Reshape"
  | "RoundTo"
  | "Shape"
  | "Sigmoid"
  | "Slice"
  | "Softmax"
  | "Sqrt"
  | "Squeeze"
  | "Sub"
  | "Tanh"
  | "Transpose"
  | "Unsqueeze";

/** The operators that carry out a planned sum: those whose definition has `sums`. */
export type SumOpName = "Conv" | "Gemm" | "MatMul";
