// The dims of inputs as the command line says them: --shape x=1x3x48x192.
import { printType, valueOf, type Graph } from "@mpplan/ir";
import { UsageError } from "../errors.js";
import type { Shapes } from "../prepare-graph.js";

/** Per input, its dims; `sr=` is a scalar. @throws UsageError `bad-option` for what the model has no room for. */
export function shapesFrom(given: readonly string[], graph: Graph): Shapes {
  const shapes = new Map<string, { dims: readonly number[] }>();
  for (const text of given) {
    const wrong = (what: string, next: string): UsageError =>
      new UsageError("bad-option", { what, where: `--shape ${text}`, next });
    const at = text.lastIndexOf("=");
    const [name, list] = [text.slice(0, at), text.slice(at + 1)];
    if (at < 1 || !/^(\d+(x\d+)*)?$/.test(list))
      throw wrong("This is no name and dims", "write it like --shape x=1x3x48x192");
    if (!graph.inputs.includes(name))
      throw wrong(`The model has no input "${name}"`, `its inputs are ${graph.inputs.join(", ")}`);
    const dims = list === "" ? [] : list.split("x").map(Number);
    const { type } = valueOf(graph, name);
    const known = type?.shape;
    const fits =
      !known ||
      (known.length === dims.length &&
        known.every((dim, axis) => typeof dim !== "number" || dim === dims[axis]));
    if (!fits)
      throw wrong(`The input is ${printType(type)}`, "give dims that agree with those that are known");
    shapes.set(name, { dims });
  }
  return shapes;
}
