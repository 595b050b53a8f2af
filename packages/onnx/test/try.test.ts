import { test } from "vitest"; import fs from "node:fs"; import { importOnnx, verify } from "./both.js";
const root="/work/shared/data/";
test("all", () => {
  for (const d of ["models","models-trained"]) for (const f of fs.readdirSync(root+d)) { if(!f.endsWith(".onnx")) continue; const t=performance.now();
    try { const g=importOnnx(fs.readFileSync(root+d+"/"+f)); verify(g); console.log(f, "OK", g.nodes.length, g.values.size, Math.round(performance.now()-t)+"ms", JSON.stringify(g.outputs.map(o=>g.values.get(o)?.type))); }
    catch(e){ console.log(f, (e as Error).name, (e as {code:string}).code, (e as Error).message, (e as {code?:string}).code ? "" : (e as Error).stack); } }
  const index=JSON.parse(fs.readFileSync(root+"malformed/index.json","utf8"));
  for (const {file,expect,why} of index) { let got="accept", m=""; try { verify(importOnnx(fs.readFileSync(root+"malformed/"+file), {externalData:(l)=>fs.readFileSync(root+"malformed/"+l)})); } catch(e){ got="reject"; m=(e as Error).name+" "+(e as {code:string}).code+" "+(e as Error).message.replace(/\n/g," | "); }
    console.log(expect!=="either"&&expect!==got?"!!!!!!":"", file, expect, got, m.slice(0,260)); }
});
