import { floatAttr } from "@mpplan/ir";
import { around } from "@mpplan/runtime";
import { numbersOf, type GradientRule } from "./rule.js";

/** With the statistics of training, a scale and a shift per channel. */
export const batchNormalization: GradientRule = ({ node, inputs, wanted }) => {
  const { dims } = inputs[0]!;
  const [x, scale, , mean, variance] = inputs.map(numbersOf) as Float64Array[];
  const epsilon = floatAttr(node, "epsilon");
  const channels = scale!.length;
  const inner = dims.length > 1 ? around(dims, 1).inner : 1;
  const deviation = variance!.map((v) => Math.sqrt(v + epsilon));
  return ([g], room) => {
    const results = inputs.map((t, i) => (wanted[i] ? room(t!.data.length) : null));
    const [dx, dScale, dBias, dMean, dVariance] = results;
    for (let i = 0; i < g!.length; i++) {
      const gi = g![i]!;
      if (gi === 0) continue;
      const c = Math.floor(i / inner) % channels;
      const slope = scale![c]! / deviation[c]!;
      const centred = x![i]! - mean![c]!;
      if (dx) dx[i] = gi * slope;
      if (dScale) dScale[c]! += (gi * centred) / deviation[c]!;
      if (dBias) dBias[c]! += gi;
      if (dMean) dMean[c]! -= gi * slope;
      if (dVariance) dVariance[c]! -= (gi * slope * centred) / (2 * (variance![c]! + epsilon));
    }
    return results;
  };
};
