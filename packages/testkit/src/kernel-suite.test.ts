// The reference against itself: the cases run, and what a suite should catch, it catches.
import { createReferenceBackend } from "@mpplan/runtime";
import { kernelSuite } from "./kernel-suite.js";

kernelSuite(createReferenceBackend, { gaps: [] });
