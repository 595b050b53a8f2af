// The digit model that comes with the page, and its samples: fetched from the page's own folder.
import { UsageError } from "mpplan";
import type { Source } from "../protocol.js";

/** As fixtures/models/paper-relu/README.md says; the build copies these files. */
const files = ["model.onnx", "images.idx3-ubyte.gz", "labels.idx1-ubyte.gz"] as const;
const preprocess = { scale: "1/255", mean: "0.1307", std: "0.3081" };

export async function bundledFiles(source: Source): Promise<Source> {
  const [model, images, labels] = await Promise.all(files.map(fetchFile));
  return {
    ...preprocess,
    preset: source.preset,
    model: new File([model!], "paper-relu.onnx"),
    data: [new File([images!], files[1]), new File([labels!], files[2])],
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
