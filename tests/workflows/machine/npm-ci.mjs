// Stands for `npm ci` in a job: links the packages of this repository instead of downloading them, pulumi-ica as built.
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const repository = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
if (!existsSync("package-lock.json")) throw new Error("npm ci needs a package-lock.json");
const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync("package.json", "utf8"));
const folderOf = (name) => (name === "pulumi-ica" ? repository : join(repository, "node_modules", name));

mkdirSync("node_modules/.bin", { recursive: true });
for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
  const folder = folderOf(name);
  mkdirSync(dirname(join("node_modules", name)), { recursive: true });
  symlinkSync(folder, join("node_modules", name));
  const { bin = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const [program, file] of Object.entries(typeof bin === "string" ? { [name]: bin } : bin)) {
    const target = join(folder, file);
    chmodSync(target, 0o755);
    symlinkSync(target, join("node_modules/.bin", program));
  }
}
