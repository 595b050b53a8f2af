// Attributes that choose an element type, where 0 (no type) says the same as leaving them out.
import { without, type Upgrade } from "./upgrade.js";

/** The upgrade that leaves out those of these attributes that are 0. */
export const elementChoice =
  (...names: string[]): Upgrade =>
  (raw) => {
    const unset = names.filter((name) => {
      const given = raw.attrs.get(name);
      return given?.kind === "int" && given.value === 0n;
    });
    return [{ ...raw, attrs: without(raw.attrs, ...unset) }];
  };
