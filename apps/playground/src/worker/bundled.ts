// The digit model that comes with the page, and its samples: fetched from the page's own folder.
import { UsageError } from "mpplan";
import type { Source } from "../protocol.js";
import { isImage } from "./read-samples.js";

/** As fixtures/models/paper-relu/README.md says; the build copies these files. */
const files = ["model.onnx", "images.idx3-ubyte.gz", "labels.idx1-ubyte.gz"] as const;
const preprocess = { scale: "1/255", mean: "0.1307", std: "0.3081" };

/** The digit model, with its own samples unless others were given; fields left empty are its own for images. */
export async function bundledFiles(source: Source): Promise<Source> {
  const { data, scale, mean, std, preset } = source;
  const own = data.length === 0;
  const [model, ...samples] = await Promise.all((own ? files : files.slice(0, 1)).map(fetchFile));
  const untold = [scale, mean, std].every((field) => field.trim() === "");
  return {
    ...(own || (untold && data.every(isImage)) ? preprocess : { scale, mean, std }),
    preset,
    model: new File([model!], "paper-relu.onnx"),
    data: own ? samples.map((blob, i) => new File([blob], files[i + 1]!)) : data,
  };
}

async function fetchFile(name: string): Promise<Blob> {
  const address = new URL(`digits/${name}`, globalThis.location.href);
  const response = await fetch(address);
  if (response.ok) return response.blob();
  throw new UsageError("cannot-fetch", {
    what: `The bundled model could not be fetched: ${response.status} ${response.statusText}`,
    where: address.pathname,
    next: "serve the whole folder that the build made, or drop a model of your own",
  });
}
