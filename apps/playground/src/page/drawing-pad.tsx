// A pad to draw on, by pointer or by keys.
import { useEffect, useRef, useState } from "preact/hooks";
import { dot, likeMnist, stroke } from "./pad.js";
import type { Store } from "./store.js";

const keys: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export interface DrawingPadProps {
  readonly store: Store;
  readonly side: number;
  readonly own: { current: Uint8Array | null };
  /** What the last run saw. */
  readonly shown: Uint8Array | null;
}

export function DrawingPad({ store, side, own, shown }: DrawingPadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<readonly [number, number] | null>(null);
  // Keys may come faster than frames: the pen is where the last one left it.
  const pen = useRef<readonly [number, number]>([side / 2, side / 2]);
  const [focused, setFocused] = useState(false);
  const paint = (): void => {
    const context = paintGrey(canvas.current!, own.current ?? shown);
    if (!focused) return;
    context.fillStyle = "#e2600a";
    context.fillRect(Math.floor(pen.current[0]), Math.floor(pen.current[1]), 1, 1);
  };
  useEffect(paint);
  const drawing = (): Uint8Array => (own.current ??= new Uint8Array(side * side));
  const send = (): void => store.runOn({ kind: "drawing", pixels: likeMnist(drawing(), side) });
  const place = (event: PointerEvent): readonly [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * side, ((event.clientY - box.top) / box.height) * side];
  };
  const draw = (event: PointerEvent): void => {
    if (!last.current) return;
    const to = place(event);
    stroke(drawing(), side, last.current, to);
    last.current = to;
    paint();
    send();
  };
  return (
    <>
      <canvas
        ref={canvas}
        class="pad"
        width={side}
        height={side}
        tabIndex={0}
        role="application"
        aria-label="Drawing pad: arrow keys move the pen, with Shift they draw, Delete clears"
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onPointerDown={(event) => {
          canvas.current!.setPointerCapture(event.pointerId);
          // The first stroke after a sample begins a drawing of its own.
          last.current = place(event);
          draw(event);
        }}
        onPointerMove={draw}
        onPointerUp={() => (last.current = null)}
        onPointerCancel={() => (last.current = null)}
        onKeyDown={(event) => {
          const move = keys[event.key];
          if (event.key === "Delete" || event.key === "Backspace") own.current = new Uint8Array(side * side);
          else if (event.key === " ") dot(drawing(), side, ...pen.current);
          else if (!move) return;
          event.preventDefault();
          const [x, y] = pen.current;
          const next = move ? ([clamp(x + move[0], side), clamp(y + move[1], side)] as const) : pen.current;
          if (move && event.shiftKey) stroke(drawing(), side, pen.current, next);
          pen.current = next;
          if (!move || event.shiftKey) send();
          paint();
        }}
      />
      <div class="row">
        <button
          type="button"
          onClick={() => {
            own.current = new Uint8Array(side * side);
            paint();
            send();
          }}
        >
          Clear
        </button>
        <Seen side={side} pixels={shown} />
        <span class="small">
          what the model sees: scaled
          <br />
          and centred as MNIST’s digits
        </span>
      </div>
    </>
  );
}

/** What the last run saw, small. */
function Seen({ side, pixels }: { side: number; pixels: Uint8Array | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => void paintGrey(canvas.current!, pixels), [pixels]);
  return <canvas ref={canvas} class="seen" width={side} height={side} aria-hidden="true" />;
}

function paintGrey(canvas: HTMLCanvasElement, pixels: Uint8Array | null): CanvasRenderingContext2D {
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(canvas.width, canvas.height);
  pixels?.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  context.putImageData(image, 0, 0);
  return context;
}

const clamp = (x: number, side: number): number => Math.max(0.5, Math.min(side - 0.5, x));
