// MaxPool: the positions of the maxima are dropped where nothing reads them, and with them how they are counted.
import { without, type Upgrade } from "./upgrade.js";

export const maxPool: Upgrade = (raw, context) => {
  if (raw.outputs.length > 1 && context.isRead(1)) return [raw];
  return [{ ...raw, attrs: without(raw.attrs, "storage_order"), outputs: raw.outputs.slice(0, 1) }];
};
