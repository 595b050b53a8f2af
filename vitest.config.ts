import { defineConfig } from "vitest/config";

const conditions = ["@mpplan/source", "node", "import", "module", "default"];

export default defineConfig({
  resolve: { conditions },
  // Tests run the sources, so that a test never passes on a stale build; packaging has tests of its own.
  ssr: { resolve: { conditions, externalConditions: conditions }, noExternal: [/^@mpplan\//, "mpplan"] },
  test: {
    include: ["packages/*/{src,test}/**/*.test.ts", "tools/**/*.test.ts", "apps/*/{src,test}/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
