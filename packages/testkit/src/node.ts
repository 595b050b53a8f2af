// The WebGPU adapters that tests run on in Node: SwiftShader out of Debian's chromium, and lavapipe, which
// tools/set-up-lavapipe.sh unpacks. Neither needs a GPU. Where one is missing, tests say so, or fail if they must not.
import { existsSync, mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { constants, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export interface TestAdapter {
  readonly name: "swiftshader" | "lavapipe";
  /** Opened when first called; the same afterwards. */
  gpu(): GPU;
  /** Why it is not here; null where it is. */
  readonly missing: string | null;
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
const chromium = "/usr/lib/chromium";

const manifests = {
  swiftshader: path.join(chromium, "vk_swiftshader_icd.json"),
  lavapipe: path.join(root, ".cache/lavapipe/lvp.json"),
} as const;

/** Both adapters, here or missing. @throws Error where one is missing and MPPLAN_REQUIRE_GPU is 1. */
export function testAdapters(): TestAdapter[] {
  return (["swiftshader", "lavapipe"] as const).map((name) => {
    const missing = existsSync(manifests[name]) ? null : `no adapter: ${manifests[name]} does not exist`;
    if (missing && process.env["MPPLAN_REQUIRE_GPU"] === "1") throw new Error(`${name}: ${missing}`);
    let gpu: GPU | undefined;
    return { name, missing, gpu: () => (gpu ??= open(manifests[name])) };
  });
}

/** Kept for as long as the process lives: a collected instance takes its devices along, and the process with them. */
const held: GPU[] = [];

function open(manifest: string): GPU {
  loadVulkan();
  // The Vulkan loader reads these when an instance is made.
  process.env["VK_ICD_FILENAMES"] = manifest;
  process.env["VK_DRIVER_FILES"] = manifest;
  process.env["XDG_RUNTIME_DIR"] ??= mkdtempSync(path.join(tmpdir(), "mpplan-xdg-"));
  const { create } = createRequire(import.meta.url)("webgpu") as { create(flags: string[]): GPU };
  const gpu = create([]);
  held.push(gpu);
  return gpu;
}

let loaded = false;

/**
 * Where the system has no Vulkan loader, chromium's own serves: loaded once and never unloaded, it is what Dawn finds.
 */
function loadVulkan(): void {
  const own = path.join(chromium, "libvulkan.so.1");
  if (loaded || !existsSync(own)) return;
  loaded = true;
  const stay = 0x1000; // RTLD_NODELETE
  try {
    process.dlopen({ exports: {} } as NodeModule, own, constants.dlopen.RTLD_NOW | stay);
  } catch (error) {
    // It is no module of Node's, which Node finds out after loading it.
    if (!/did not self-register/i.test(String(error))) throw error;
  }
}
