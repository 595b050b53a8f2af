// Hands a document to the browser's downloads.
import type { DocumentView } from "../protocol.js";

export function save({ name, type, text }: DocumentView): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has its own hold on the data once it began.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
