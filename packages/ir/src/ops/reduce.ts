// Reductions over axes, one line each. Of floats those that add are value sums, one per output element.
import { reductionOp } from "./families.js";

export const reduceL1 = reductionOp("ReduceL1", "numeric", { adds: "one sign" });
export const reduceL2 = reductionOp("ReduceL2", "numeric", { adds: "one sign" });
export const reduceLogSum = reductionOp("ReduceLogSum", "numeric", { adds: "any sign" });
export const reduceLogSumExp = reductionOp("ReduceLogSumExp", "numeric", { adds: "one sign" });
export const reduceMax = reductionOp("ReduceMax", "ordered");
export const reduceMean = reductionOp("ReduceMean", "numeric", { adds: "any sign" });
export const reduceMin = reductionOp("ReduceMin", "ordered");
export const reduceProd = reductionOp("ReduceProd", "numeric");
export const reduceSum = reductionOp("ReduceSum", "numeric", { adds: "any sign" });
export const reduceSumSquare = reductionOp("ReduceSumSquare", "numeric", { adds: "one sign" });
