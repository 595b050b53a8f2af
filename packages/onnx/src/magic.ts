// What a file that is no ONNX model looks like: the files that people hand over by mistake.

/** First bytes that no ONNX model has, and what has them. */
const signatures: readonly (readonly [at: number, bytes: string, what: string, next: string])[] = [
  [0, "\x1f\x8b", "a gzip file", "unpack it first, with gunzip"],
  [0, "\x89PNG", "a PNG image", "give the .onnx file"],
  [0, "\xff\xd8\xff", "a JPEG image", "give the .onnx file"],
  [0, "%PDF", "a PDF document", "give the .onnx file"],
  [
    0,
    "PK\x03\x04",
    "a zip archive (as PyTorch and Keras save)",
    "unpack it, or export the model to ONNX first",
  ],
  [0, "\x89HDF", "an HDF5 file (as Keras saves)", "export the model to ONNX first"],
  [4, "TFL3", "a TensorFlow Lite model", "export the model to ONNX instead"],
  [4, "ORTM", "a model in ONNX Runtime's own ORT format", "give the .onnx file that it was made from"],
  [0, "\x80\x02}", "a Python pickle", "export the model to ONNX first"],
  [
    0,
    "version https://git-lfs",
    "a Git LFS pointer, not the model",
    "fetch the model itself, with `git lfs pull`",
  ],
];

/** What the bytes look like and what to do about it, or null where nothing is recognised. */
export function looksLike(bytes: Uint8Array): { what: string; next: string } | null {
  const head = String.fromCharCode(...bytes.subarray(0, 256));
  for (const [at, text, what, next] of signatures) if (head.startsWith(text, at)) return { what, next };
  const text = head.replace(/^\xef\xbb\xbf/, "").trimStart();
  if (/^<(!doctype|html|head|body)/i.test(text)) {
    return {
      what: "a web page (HTML)",
      next: "download the file itself: a server may answer with an error page",
    };
  }
  if (/^<(\?xml|svg)/i.test(text)) return { what: "an XML document", next: "give the .onnx file" };
  // A model may not begin so: as protobuf, these open a group that ONNX does not have.
  if (/^[{[]\s*["{[\]}]/.test(text)) return { what: "JSON text", next: "give the .onnx file" };
  return null;
}
