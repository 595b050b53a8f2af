// A compute shader as data: what it binds, what it is told, and its body. One invocation per element.

export type BufferKind = keyof typeof declarations;

export interface Shader {
  readonly label: string;
  /** Storage buffers in the order in which they are bound: inputs first. */
  readonly buffers: Readonly<Record<string, BufferKind>>;
  /** Words of the uniform buffer, each a u32. */
  readonly params: readonly string[];
  /** Functions that the body calls. */
  readonly functions?: string;
  /** Statements that compute the element `id`, which is below `p.count`. */
  readonly body: string;
  readonly halves?: boolean;
  /** The buffer whose first word is the number of elements, where no one on the host knows it. */
  readonly countIn?: string;
}

export const workgroup = 64;

/** How WGSL declares a binding. */
const declarations = {
  "read u32": ["read", "array<u32>"],
  "read f32": ["read", "array<f32>"],
  "read vec4u": ["read", "array<vec4u>"],
  "write u32": ["read_write", "array<u32>"],
  "write f32": ["read_write", "array<f32>"],
  atomic: ["read_write", "array<atomic<u32>>"],
} as const;

/** The WGSL of a shader. Elements beyond 65535 workgroups go on in the second dimension. */
export function wgslOf(shader: Shader): string {
  const names = Object.entries(shader.buffers);
  const bindings = names.map(([name, kind], i) => {
    const [access, type] = declarations[kind];
    return `@group(0) @binding(${i}) var<storage, ${access}> ${name}: ${type};`;
  });
  const count = shader.countIn ? `${shader.countIn}[0]` : "p.count";
  return [
    shader.halves ? "enable f16;" : "",
    `struct Params { count: u32, ${shader.params.map((name) => `${name}: u32, `).join("")}}`,
    ...bindings,
    `@group(0) @binding(${names.length}) var<uniform> p: Params;`,
    shader.functions ?? "",
    `@compute @workgroup_size(${workgroup})`,
    `fn main(@builtin(workgroup_id) wg_id: vec3u, @builtin(num_workgroups) wg_count: vec3u,`,
    `  @builtin(local_invocation_index) wg_local: u32) {`,
    `  let id = (wg_id.y * wg_count.x + wg_id.x) * ${workgroup}u + wg_local;`,
    `  if (id >= ${count}) { return; }`,
    shader.body,
    "}",
  ]
    .filter((line) => line !== "")
    .join("\n");
}
