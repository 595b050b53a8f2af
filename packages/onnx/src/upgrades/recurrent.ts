// RNN, GRU and LSTM: before opset 7 an attribute said whether all states are an output. They are if something reads them.
import { without, type Upgrade } from "./upgrade.js";

export const recurrent: Upgrade = (raw) => {
  return raw.origin.opset >= 7 ? [raw] : [{ ...raw, attrs: without(raw.attrs, "output_sequence") }];
};
