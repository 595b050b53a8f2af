// Where nodes come from, those inside bodies included.
import type { Origin } from "@mpplan/ir";
import { fileNodes, inside, type FileNode, type FileScope } from "./functions.js";

/**
 * Where the nodes come from, those inside bodies included.
 * @throws ImportError `limit` where the bodies come to too much, `invalid-model` where they call what they are part of.
 */
export function originsIn(nodes: readonly FileNode[], scope: FileScope): Origin[] {
  // Bodies are counted and named when they are read: this is a look ahead, with counts of its own.
  return look(nodes, { ...scope, taken: new Set() });
}

function look(nodes: readonly FileNode[], ahead: FileScope): Origin[] {
  return nodes.flatMap(({ proto, origin, around }) => {
    const bodies = (proto.attribute ?? []).flatMap(({ g }) => (g ? [g] : []));
    const within = bodies.length > 0 ? inside(around, origin, ahead.limits) : around;
    return [origin, ...bodies.flatMap(({ node }) => look(fileNodes(node ?? [], ahead, within), ahead))];
  });
}
