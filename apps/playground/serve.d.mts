export const dist: string;
export function serve(
  port?: number,
  options?: { readonly isolated?: boolean },
): Promise<{ readonly address: string; close(): Promise<unknown> }>;
