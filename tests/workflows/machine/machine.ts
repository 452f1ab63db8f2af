import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { command } from "../../support/programs/command";
import { Registry } from "./registry";

/** A machine of GitHub: what its jobs find on PATH and in the environment. */
export interface Machine {
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
  close(): Promise<void>;
}

/** What steps take from the test's own environment: how to reach Docker and the network. */
const inherited = [
  ...["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_BUILDKIT", "TMPDIR", "LANG"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
  ...["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"],
];

/** A machine in a folder. `env` is added to the environment of each step. */
export async function startMachine(folder: string, env: Readonly<Record<string, string>>): Promise<Machine> {
  const programs = path.join(folder, "bin");
  await mkdir(programs, { recursive: true });
  const npm = (await command("sh", ["-c", "command -v npm"])).stdout;
  const linking = path.join(__dirname, "npm-ci.mjs");
  await writeFile(
    path.join(programs, "npm"),
    `#!/bin/sh\nif [ "$1" = ci ]; then exec node "${linking}"; fi\nexec "${npm}" "$@"\n`,
  );
  await chmod(path.join(programs, "npm"), 0o755);
  const registry = await Registry.start(path.join(folder, "registry"));
  const own = Object.fromEntries(inherited.flatMap((name) => Object.entries({ [name]: process.env[name] ?? "" })));
  return {
    env: {
      ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== "")),
      ...env,
      PATH: [programs, process.env.PATH ?? ""].join(path.delimiter),
      npm_config_registry: registry.url,
      npm_config_cache: path.join(folder, "npm-cache"),
      // The home folder of a job is empty, and the user's own settings may say how to reach the registry.
      npm_config_userconfig: (await command("npm", ["config", "get", "userconfig"])).stdout,
      npm_config_update_notifier: "false",
    },
    home: path.join(folder, "home"),
    close: () => registry.close(),
  };
}
