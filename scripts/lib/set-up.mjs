import { dependencies } from "./dependencies.mjs";
import { baseImage } from "./docker/base-image.mjs";
import { compression, docker } from "./docker/docker.mjs";
import { environment } from "./environment.mjs";
import { cancel } from "./process.mjs";
import { pulumi } from "./pulumi/pulumi.mjs";

/**
 * Runs steps in parallel. When one fails, cancels the others and waits for their clean-up before throwing its error.
 */
async function together(works) {
  const errors = [];
  const results = await Promise.all(
    works.map((work) =>
      work().catch((error) => {
        errors.push(error);
        cancel();
      }),
    ),
  );
  if (errors.length > 0) throw errors[0];
  return results;
}

/**
 * Provides everything that the demo and the tests need, on any machine. Leaves alone what is there already.
 *
 * @param {{ yaml?: boolean }} [options] `yaml`: programs in YAML run, too. Where Pulumi is built, their host is, too
 * @returns {Promise<{ docker: string, folders: string[], env: NodeJS.ProcessEnv }>}
 *   the docker client to use, the folders that PATH needs, and the environment to run with
 */
export async function setUp({ yaml = false } = {}) {
  // Pulumi may take minutes to build; it and the other steps do not depend on each other.
  const [folders, client] = await together([
    () => pulumi(yaml),
    async () => {
      await dependencies();
      const found = await docker();
      await compression();
      await baseImage(found);
      return found;
    },
  ]);
  const found = { docker: client, folders };
  return { ...found, env: environment(found) };
}
