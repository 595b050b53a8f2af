// Work in pieces: every row once, and results that are taken before their room is needed again.
import { tensor } from "@mpplan/ir";
import { expect, test } from "vitest";
import { nodeWorkers } from "../node.js";
import { problemOf } from "@mpplan/runtime";
import { Shared } from "../shared.js";
import { nodeOf } from "@mpplan/testkit";
import { forEachPiece } from "./split.js";

const zeros = (dims: number[]) => tensor("float32", dims, new Float32Array(dims.reduce((a, b) => a * b, 1)));

const attrs = {
  ...{ auto_pad: "NOTSET", dilations: [1, 1], group: 1, pads: [0, 0, 0, 0], strides: [1, 1] },
  kernel_shape: [1, 1],
};

test.each([
  ["many rows", nodeOf("Gemm", 2, { transA: 0, transB: 0, alpha: 1, beta: 1 }), [500, 3], [3, 9]],
  ["few rows", nodeOf("Gemm", 2, { transA: 0, transB: 0, alpha: 1, beta: 1 }), [9, 3], [3, 9]],
  ["two images", nodeOf("Conv", 2, attrs), [2, 3, 9, 40], [9, 3, 1, 1]],
  ["many images", nodeOf("Conv", 2, attrs), [50, 3, 5, 4], [9, 3, 1, 1]],
])("of %s, never more are held than there is room for, and all are taken once", (_name, node, x, w) => {
  const problem = problemOf(node, [zeros(x), zeros(w)], null);
  for (const shared of [new Shared(), new Shared(2, nodeWorkers(), 1)]) {
    for (const room of [20, 64, 4096]) {
      const { memory, crew } = shared;
      const marks = memory.scratch("marks", room * 4);
      const taken = new Map<string, number>();
      let held: { unit: number; row: number; at: number }[] = [];
      let takes = 0;
      forEachPiece(
        ...([memory, crew, problem, 4] as const),
        (unit, from, count, lanes) => {
          expect(held.length + count).toBeLessThanOrEqual(room);
          for (let row = from; row < from + count; row++) {
            const at = held.length;
            held.push({ unit: problem.units.indexOf(unit), row, at });
            memory.i32(marks, room)[at] = -1;
            lanes.rows.wasm.zero!(marks + at * 4, 4);
          }
        },
        {
          rows: room,
          take() {
            takes++;
            for (const { unit, row, at } of held) {
              // The visit's calls were carried out.
              expect(memory.i32(marks, room)[at]).toBe(0);
              taken.set(`${unit} ${row}`, (taken.get(`${unit} ${row}`) ?? 0) + 1);
            }
            held = [];
          },
        },
      );
      expect(held).toEqual([]);
      expect(taken.size).toBe(problem.units.length * problem.rows);
      expect(new Set(taken.values())).toEqual(new Set([1]));
      expect(takes).toBeGreaterThanOrEqual(Math.ceil(taken.size / room));
    }
  }
});
