// Compiles assembly/ to src/generated/kernels.ts, which is committed: sources, tests and browsers need no build step.
// The same sources give the same bytes; src/generated.test.ts checks that they are up to date.
import { Buffer } from "node:buffer";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The module's bytes, compiled now. */
export async function compileKernels() {
  let binary;
  const { error, stderr } = await asc.main(
    [
      ...["assembly/index.ts", "--baseDir", here, "--outFile", "kernels.wasm", "--config", "none"],
      ...["--runtime", "stub", "--importMemory", "--noAssert", "--optimizeLevel", "3", "--enable", "simd"],
    ],
    {
      readFile: (name) => {
        try {
          return readFileSync(`${here}${name}`, "utf8");
        } catch {
          return null;
        }
      },
      writeFile: (name, contents) => {
        if (name.endsWith(".wasm")) binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  return binary;
}

/** The text of src/generated/kernels.ts. */
export function moduleText(binary) {
  const base64 = Buffer.from(binary).toString("base64");
  return `// Made by build-wasm.mjs from assembly/. Do not edit.\nexport const kernelsBase64 =\n  "${base64}";\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const binary = await compileKernels();
  writeFileSync(`${here}src/generated/kernels.ts`, moduleText(binary));
  console.log(`${binary.length} bytes`);
}
