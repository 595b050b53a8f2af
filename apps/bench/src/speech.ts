// Runs a detector of speech over a recording, its state carried from frame to frame, beside onnxruntime; prints how far
// the probabilities lie apart. With a folder it also writes every fourth frame there, with the state before it, as the
// bytes of binary32 numbers: input.f32 and state.f32.
//
//     node --import tsx src/speech.ts silero_vad_16k_op15.onnx silero_test.wav frames
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { InferenceSession as Ort, env, Tensor as OrtTensor } from "onnxruntime-web";
import { InferenceSession, Tensor } from "mpplan";

/** Samples that a frame adds, and those of the frame before that stand in front of them. */
const [fresh, context] = [512, 64];
const stateDims = [2, 1, 128];

/** What is printed, as JSON. */
export interface Speech {
  readonly frames: number;
  /** Largest distance of two probabilities of one frame. */
  readonly worst: number;
  /** Frames with a probability above one half, by either. */
  readonly speech: number;
  readonly speechByOrt: number;
  readonly msPerFrame: number;
  readonly msPerFrameByOrt: number;
}

const [modelPath, wavPath, folder] = process.argv.slice(2);
if (modelPath === undefined || wavPath === undefined) {
  throw new Error("usage: speech.ts <model.onnx> <recording.wav> [folder]");
}
const model = readFileSync(modelPath);
const sound = readWav(readFileSync(wavPath));
env.wasm.numThreads = 1;
const theirs = await Ort.create(model, { logSeverityLevel: 3 });
const ours = await InferenceSession.create(modelPath, { mode: "reference" });
const rate = BigInt64Array.of(16000n);
const frames = Math.floor(sound.length / fresh);
const kept: { input: Float32Array; state: Float32Array }[] = [];
const seconds = { ours: 0, theirs: 0 };
const speech = { ours: 0, theirs: 0 };
const states = { ours: new Float32Array(256), theirs: new Float32Array(256) };
let worst = 0;
for (let frame = 0; frame < frames; frame++) {
  const input = new Float32Array(context + fresh);
  const from = frame * fresh - context;
  for (let i = 0; i < input.length; i++) input[i] = sound[from + i] ?? 0;
  if (frame % 4 === 0) kept.push({ input, state: states.ours });
  const dims = [1, input.length];

  let start = performance.now();
  const own = await ours.run({
    input: new Tensor("float32", input, dims),
    state: new Tensor("float32", states.ours, stateDims),
    sr: new Tensor("int64", rate, []),
  });
  seconds.ours += performance.now() - start;
  start = performance.now();
  const other = await theirs.run({
    input: new OrtTensor("float32", input, dims),
    state: new OrtTensor("float32", states.theirs, stateDims),
    sr: new OrtTensor("int64", rate, []),
  });
  seconds.theirs += performance.now() - start;

  states.ours = Float32Array.from(own["stateN"]!.data as Float32Array);
  states.theirs = Float32Array.from(other["stateN"]!.data as Float32Array);
  const [p, q] = [Number(own["output"]!.data[0]), Number(other["output"]!.data[0])];
  worst = Math.max(worst, Math.abs(p - q));
  speech.ours += Number(p > 0.5);
  speech.theirs += Number(q > 0.5);
}
if (folder !== undefined) {
  for (const name of ["input", "state"] as const) {
    writeFileSync(path.join(folder, `${name}.f32`), Buffer.concat(kept.map((each) => bytesOf(each[name]))));
  }
}
const result: Speech = {
  frames,
  worst,
  speech: speech.ours,
  speechByOrt: speech.theirs,
  msPerFrame: seconds.ours / frames,
  msPerFrameByOrt: seconds.theirs / frames,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await ours.release();

/** The samples of a recording of 16 bits, one channel and 16 kHz, from -1 to 1. */
function readWav(bytes: Buffer): Float32Array {
  let at = 12;
  while (at < bytes.length) {
    const [name, size] = [bytes.toString("latin1", at, at + 4), bytes.readUInt32LE(at + 4)];
    if (name === "fmt ") {
      const [channels, hertz, bits] = [at + 10, at + 12, at + 22];
      const fits =
        bytes.readUInt16LE(channels) === 1 &&
        bytes.readUInt32LE(hertz) === 16000 &&
        bytes.readUInt16LE(bits) === 16;
      if (!fits) throw new Error(`${wavPath} is not 16 kHz, one channel, 16 bits`);
    }
    if (name === "data") {
      const count = Math.floor(size / 2);
      return Float32Array.from({ length: count }, (_, i) => bytes.readInt16LE(at + 8 + 2 * i) / 32768);
    }
    at += 8 + size + (size % 2);
  }
  throw new Error(`${wavPath} holds no sound`);
}

function bytesOf(list: Float32Array): Uint8Array {
  return new Uint8Array(list.buffer, list.byteOffset, list.byteLength);
}
