// Operands of every kind, so that one sum after another meets another one.
import { tensor, type Tensor } from "@mpplan/ir";
import { numbers, type NumbersName } from "@mpplan/testkit";

/** As many lists of that length as asked for, of the kinds in turn. */
export function ofKinds(kinds: readonly NumbersName[], lists: number, each: number, seed: number): Tensor {
  const data = Array.from({ length: lists }, (_, i) => [
    ...numbers[kinds[i % kinds.length]!](each, seed + i),
  ]);
  return tensor("float32", [lists, each], Float32Array.from(data.flat()));
}
