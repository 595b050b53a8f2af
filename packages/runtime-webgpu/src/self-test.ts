// What an adapter must show at start-up before its arithmetic counts as exact.
import type { Stream } from "./stream.js";
export async function selfTest(_stream: Stream): Promise<string | null> {
  return null;
}
