export { importOnnx } from "../src/index.js"; export { verify } from "@mpplan/ir";
