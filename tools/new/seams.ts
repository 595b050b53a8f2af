// What each kind of addition consists of: its files, and its line in each hand-written registry.

export interface Names {
  /** The file's name. */
  readonly kebab: string;
  /** The export's name. */
  readonly camel: string;
  /** ONNX's name. */
  readonly pascal: string;
}

export interface Registry {
  readonly file: string;
  readonly imports?: string;
  readonly entries: readonly {
    readonly open: string;
    readonly close: string;
    readonly separator: string;
    readonly entry: string;
    /** In an order of its own, not the alphabet's: the entry goes last. */
    readonly last?: true;
  }[];
}

interface Seam {
  files(names: Names): Readonly<Record<string, string>>;
  registries(names: Names): readonly Registry[];
}

const op: Seam = {
  files: ({ kebab, camel, pascal }) => ({
    [`packages/ir/src/ops/${kebab}.ts`]: `
import { requireElement } from "./checks.js";
import { defineOp, inputType } from "./define.js";

/** What it computes, in one line. */
export const ${camel} = defineOp({
  name: "${pascal}",
  arity: [1, 1],
  attributes: {},
  infer(context) {
    const type = inputType(context, 0);
    requireElement(context.node, type.elem, "float");
    return [type];
  },
});
`,
    [`packages/ir/src/ops/${kebab}.test.ts`]: `
import { expect, test } from "vitest";
import { shapeAfter } from "./testing.js";

test("${pascal} has the shape that ONNX gives it", () => {
  expect(shapeAfter("${pascal}", [[2, 3]])).toEqual("the shape that the specification says");
});
`,
    [`packages/runtime/src/reference/kernels/${kebab}.ts`]: `
import { need, type ReferenceKernel } from "../kernel.js";

export const ${camel}: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  throw new Error(\`\${node.op} of \${x.elem} is not written yet\`);
};
`,
    [`packages/runtime/src/reference/kernels/${kebab}.test.ts`]: `
import { expect, test } from "vitest";
import { floats, listAfter } from "./testing.js";

test("${pascal} computes what ONNX says", () => {
  expect(listAfter("${pascal}", [floats([2], [-1, 2])])).toEqual(["the numbers that the specification gives"]);
});
`,
  }),
  registries: ({ kebab, camel, pascal }) => [
    {
      file: "packages/ir/src/ops/names.ts",
      entries: [{ open: "export type OpName =", close: ";", separator: "|", entry: `"${pascal}"` }],
    },
    {
      file: "packages/ir/src/ops/index.ts",
      imports: `import { ${camel} } from "./${kebab}.js";`,
      entries: [{ open: "export const ops = {", close: "}", separator: ",", entry: `${pascal}: ${camel}` }],
    },
    {
      file: "packages/runtime/src/reference/kernels/index.ts",
      imports: `import { ${camel} } from "./${kebab}.js";`,
      entries: [
        { open: "export const kernels = {", close: "}", separator: ",", entry: `${pascal}: ${camel}` },
      ],
    },
  ],
};

const format: Seam = {
  files({ kebab, camel }) {
    const [, e = "4", m = "3"] = /e(\d+)m(\d+)$/.exec(kebab) ?? [];
    const [exponent, fraction] = [Number(e), Number(m)];
    return {
      [`packages/formats/src/catalog/${kebab}.ts`]: `
import { defineFormat } from "../format.js";

/** ${kebab}: what it is for, and the specification that defines it. */
export const ${camel} = defineFormat({
  name: "${kebab}",
  bits: ${1 + exponent + fraction},
  precision: ${1 + fraction},
  bias: ${2 ** (exponent - 1) - 1},
  signed: true,
  infinities: true,
  nans: "many",
  subnormals: true,
});
`,
      [`packages/formats/src/catalog/${kebab}.test.ts`]: `
import { expect, test } from "vitest";
import { maxFinite, minSubnormal } from "../format.js";
import { ${camel} } from "./${kebab}.js";

test("${kebab} has the landmarks of its specification", () => {
  expect([maxFinite(${camel}), minSubnormal(${camel})]).toEqual(["the numbers that the specification gives"]);
});
`,
    };
  },
  registries: ({ kebab, camel }) => [
    {
      file: "packages/formats/src/catalog/index.ts",
      imports: `import { ${camel} } from "./${kebab}.js";`,
      entries: [
        { open: "Object.freeze([", close: "]", separator: ",", entry: camel },
        { open: "\nexport {", close: "}", separator: ",", entry: camel },
      ],
    },
  ],
};

const policy: Seam = {
  files: ({ kebab, camel }) => ({
    [`packages/planner/src/policies/${kebab}.ts`]: `
// Which neurons deserve a better accumulator first, and by whose argument.
import { share, type Policy } from "./policy.js";

export const ${camel}: Policy = {
  name: "${kebab}",
  about: "what it does, in one sentence",
  tauUnit: null,
  claim: () => ({ value: NaN, priority: 0 }),
  because: (site, high) => \`\${share(high, site)} come first\`,
};
`,
    [`packages/planner/src/policies/${kebab}.test.ts`]: `
import { expect, test } from "vitest";
import { ${camel} } from "./${kebab}.js";

test("${kebab} puts the neurons first that its argument names", () => {
  expect(${camel}.about).toBe("a claim on a small profile, worked out by hand");
});
`,
  }),
  registries: ({ kebab, camel }) => [
    {
      file: "packages/planner/src/policies/index.ts",
      imports: `import { ${camel} } from "./${kebab}.js";`,
      entries: [
        { open: "export const policies: readonly Policy[] = [", close: "]", separator: ",", entry: camel },
      ],
    },
  ],
};

const command: Seam = {
  files: ({ kebab, camel }) => ({
    [`packages/mpplan/src/cli/commands/${kebab}.ts`]: `
// mpplan ${kebab}: what it does, in one line.
import { exit } from "../exit.js";
import { commonFlags, type CommonFlags } from "../options.js";
import type { CliCommand } from "./command.js";

export const ${camel}: CliCommand = {
  define(program, run, io) {
    const command = program
      .command("${kebab}")
      .summary("what it does, for the list of commands")
      .description("What it does, in a sentence.")
      .argument("<model.onnx>");
    commonFlags(command).action((path: string, flags: CommonFlags) =>
      run(async () => {
        const result = { model: path };
        io.out(flags.json ? JSON.stringify(result) : result.model);
        return exit.ok;
      }),
    );
  },
};
`,
    [`packages/mpplan/src/cli/commands/${kebab}.test.ts`]: `
import { expect, test } from "vitest";
import { processIo } from "../io.js";
import { main } from "../main.js";

test("mpplan ${kebab} prints what its help says", async () => {
  const printed: string[] = [];
  const io = { ...processIo(new AbortController().signal), out: (text: string) => void printed.push(text) };
  expect(await main(["${kebab}", "model.onnx"], io)).toBe(0);
  expect(printed.join("")).toBe("what a user should read about a small model of fixtures/models");
});
`,
  }),
  registries: ({ kebab, camel }) => [
    {
      file: "packages/mpplan/src/cli/commands/index.ts",
      imports: `import { ${camel} } from "./${kebab}.js";`,
      entries: [{ open: "CliCommand[] = [", close: "]", separator: ",", entry: camel, last: true }],
    },
  ],
};

export const seams = { command, format, op, policy } satisfies Record<string, Seam>;
