// What is in examples/: folders of modules, and of scripts.

import { readdirSync } from "node:fs";

export const EXAMPLES = new URL("../../examples/", import.meta.url);

const FOLDERS = readdirSync(EXAMPLES).sort();
const isModule = (name: string) => readdirSync(new URL(`${name}/`, EXAMPLES)).includes(`${name}.zasm`);

export const MODULES: readonly string[] = FOLDERS.filter(isModule);
export const SCRIPTS: readonly string[] = FOLDERS.filter((name) => !isModule(name));
