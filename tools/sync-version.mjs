// Writes the version of packages/mpplan/package.json into its source, after `changeset version` has bumped it.
import { readFileSync, writeFileSync } from "node:fs";

const root = new URL("../packages/mpplan/", import.meta.url);
const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const file = new URL("src/version.ts", root);
const text = readFileSync(file, "utf8");
writeFileSync(file, text.replace(/version: "[^"]*"/, `version: "${version}"`));
