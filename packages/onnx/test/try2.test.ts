import { test } from "vitest"; import fs from "node:fs"; import {decodeModel} from "../src/proto.js"; 
test("u", () => { 
const m=decodeModel(new Uint8Array(fs.readFileSync("/work/shared/data/models/ultraface_rfb320.onnx")));
console.log(m.graph!.node!.find(n=>n.output![0]==="477")!.attribute!.map(a=>a.ints), m.irVersion);
});
