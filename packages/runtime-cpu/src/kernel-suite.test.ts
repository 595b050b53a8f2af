// The suite of the testkit on this backend.
import { kernelSuite } from "@mpplan/testkit";
import { createCpuBackend } from "./backend.js";

kernelSuite(createCpuBackend, {
  gaps: [
    { of: "pairwise", among: "products", because: "a tree has no run of steps to vectorise" },
    { of: "aligned", among: "products", because: "models of matrix units are studied, not run" },
    { of: "toward-zero", among: "products", because: "directed rounding has no fast formula" },
    { of: "stochastic", among: "products", because: "stochastic rounding has no fast formula" },
  ],
});
