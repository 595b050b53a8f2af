import { expect, test } from "vitest";
import { Cotangents } from "./cotangents.js";

const of = (...list: number[]): Float64Array => Float64Array.from(list);

test("what several readers send back is added up, and no array that another value holds is written to", () => {
  const cotangents = new Cotangents();
  const shared = of(1, 2);
  cotangents.add("a", shared);
  cotangents.add("b", shared);
  cotangents.add("a", of(10, 20));
  cotangents.add("a", of(100, 200));
  expect(cotangents.take("b")).toEqual(of(1, 2));
  expect(cotangents.take("a")).toEqual(of(111, 222));
  expect(cotangents.take("a")).toBeUndefined();
});

test("an array is used again, as zeros, once nobody holds it", () => {
  const cotangents = new Cotangents();
  const shared = of(1, 2);
  cotangents.add("a", shared);
  cotangents.add("b", shared);
  cotangents.drop(cotangents.take("a")!);
  expect(cotangents.room(2)).not.toBe(shared);
  cotangents.drop(cotangents.take("b")!);
  expect(cotangents.room(3)).toEqual(of(0, 0, 0));
  const again = cotangents.room(2);
  expect(again).toBe(shared);
  expect(again).toEqual(of(0, 0));
  expect(cotangents.room(2)).not.toBe(shared);
});
