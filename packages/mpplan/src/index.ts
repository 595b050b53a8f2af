// The public library, for a browser or any other platform: models come as bytes or by address.
import { browserWorkers } from "@mpplan/runtime-cpu";
import { UsageError } from "./errors.js";
import { sessionFactory } from "./inference-session.js";
import { verbsOn } from "./platform.js";

export * from "./api.js";
export const { calibrateModel, compileModel, compareModel, openExecutor, openPlanner } =
  verbsOn(browserWorkers);

/** Sessions in the shape of onnxruntime-common. A string is an address that `fetch` can read. */
export const InferenceSession = sessionFactory(async (address) => {
  const response = await fetch(address);
  if (!response.ok) {
    throw new UsageError("cannot-fetch", {
      what: `The model could not be fetched: ${response.status} ${response.statusText}`,
      where: address,
      next: "check the address, or give the model's bytes",
    });
  }
  const name = address.split("/").at(-1) ?? address;
  return { bytes: new Uint8Array(await response.arrayBuffer()), name };
}, browserWorkers);
