// Reductions over axes, one line each.
import { reductionOp } from "./families.js";

export const reduceL1 = reductionOp("ReduceL1", "numeric");
export const reduceL2 = reductionOp("ReduceL2", "numeric");
export const reduceLogSum = reductionOp("ReduceLogSum", "numeric");
export const reduceLogSumExp = reductionOp("ReduceLogSumExp", "numeric");
export const reduceMax = reductionOp("ReduceMax", "ordered");
export const reduceMean = reductionOp("ReduceMean", "numeric");
export const reduceMin = reductionOp("ReduceMin", "ordered");
export const reduceProd = reductionOp("ReduceProd", "numeric");
export const reduceSum = reductionOp("ReduceSum", "numeric");
export const reduceSumSquare = reductionOp("ReduceSumSquare", "numeric");
