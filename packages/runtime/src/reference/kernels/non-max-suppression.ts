import { intAttr } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { elementsOf, outputTypes } from "./tensors.js";

export const nonMaxSuppression: ReferenceKernel = (inputs, node) => {
  outputTypes(inputs, node);
  const [boxes, scores] = [need(inputs, 0, node), need(inputs, 1, node)];
  const [batch, classes, count] = scores.dims as [number, number, number];
  const [most, overlap, least] = [2, 3, 4].map((i) => (inputs[i] ? Number(inputs[i].data[0]) : null));
  const corners = cornersOf(elementsOf(boxes.data), intAttr(node, "center_point_box") !== 0);
  const list = elementsOf(scores.data);
  const chosen: bigint[] = [];
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < classes; c++) {
      const score = (box: number): number => list[(n * classes + c) * count + box]!;
      const candidates = Array.from({ length: count }, (_, box) => box)
        .filter((box) => least === null || least === undefined || score(box) > least)
        .sort((a, b) => score(b) - score(a) || a - b);
      const kept: number[] = [];
      for (const box of candidates) {
        if (kept.length >= (most ?? 0)) break;
        const other = (i: number): Box => corners(n * count + i);
        if (kept.some((k) => overlapOf(other(box), other(k)) > (overlap ?? 0))) continue;
        kept.push(box);
        chosen.push(BigInt(n), BigInt(c), BigInt(box));
      }
    }
  }
  return [{ elem: "int64", dims: [chosen.length / 3, 3], data: BigInt64Array.from(chosen) }];
};

interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

function cornersOf(data: Float64Array, centered: boolean): (index: number) => Box {
  return (index) => {
    const [a, b, c, d] = data.subarray(4 * index, 4 * index + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    if (centered) return { left: a - c / 2, right: a + c / 2, top: b - d / 2, bottom: b + d / 2 };
    // Two corners, in any order.
    return { top: Math.min(a, c), bottom: Math.max(a, c), left: Math.min(b, d), right: Math.max(b, d) };
  };
}

/** The area of the intersection over that of the union; 0 where a box is empty. */
function overlapOf(a: Box, b: Box): number {
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  if (!(height > 0 && width > 0)) return 0;
  const area = (box: Box): number => (box.bottom - box.top) * (box.right - box.left);
  return (height * width) / (area(a) + area(b) - height * width);
}
