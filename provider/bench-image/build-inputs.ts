import { z } from "zod";
import { dockerLabel } from "../../runtime/bench-facts";
import { line, localPath, unseenCharacter, value, word } from "../inputs/text";

/** The fields of `build`; each problem is reported at its property. */

const place = (error: string) =>
  z.union([z.strictObject({ env: word }), z.strictObject({ file: localPath })], { error });

const secretSchema = place(
  "must be { env: NAME } or { file: PATH }: where the build finds the secret, never the secret itself",
);

const sshSchema = place(
  "must be { env: NAME } (a variable with the socket of an SSH agent, such as SSH_AUTH_SOCK) or { file: PATH } (a socket or a private key)",
);

/** A map that also reports problems with keys at their property. */
const mapOf = <T extends z.ZodType>(values: T, problemOf: (key: string) => string | undefined) =>
  z.record(z.string(), values).check(({ value, issues }) => {
    for (const key of Object.keys(value)) {
      const message = problemOf(key);
      if (message !== undefined) {
        issues.push({ code: "custom", path: [key], message, input: value });
      }
    }
  });

/** Docker reads an id as part of a CSV line, BuildKit as a word of `RUN --mount`. */
const idProblem = (id: string) =>
  /^[\w.-]+$/.test(id) ? undefined : "is not a valid id: it may hold letters, digits, dots, dashes and underscores";

/**
 * Cache backend parameters that are credentials (docs.docker.com, "Cache storage backends": s3, azblob, gha). Options appear
 * in the process list and in the state; environment variables do not.
 */
const credential = /(?:^|,)\s*"?(secret_access_key|session_token|access_key_id|token)\s*=/i;

const cacheSource = line(4096)
  .min(1, { error: "must not be empty" })
  .refine((entry) => !credential.test(entry), {
    error:
      "holds a credential, which would stand in the process list and in the stack's state: give it in the environment instead (AWS_ACCESS_KEY_ID, " +
      "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN for s3, ACTIONS_RUNTIME_TOKEN for gha; docs/builds.md)",
  });

const cacheTarget = cacheSource.refine((entry) => /(?:^|,)\s*"?type=/.test(entry) || !/[,=]/.test(entry), {
  error: "must say its type, as in type=registry,ref=registry.example/cache",
});

const labelProblem = (name: string) => {
  if (name === dockerLabel) {
    return "is set by this package on every image";
  }
  return plainName(name) ? undefined : "is not a valid name of a label: it may hold neither spaces nor =";
};

const argProblem = (name: string) =>
  plainName(name) ? undefined : "is not a valid name of a build argument: it may hold neither spaces nor =";

function plainName(name: string): boolean {
  return /^[^\s=]+$/.test(name) && unseenCharacter(name) === undefined;
}

export const buildSchema = z.strictObject({
  context: localPath,
  dockerfile: localPath.optional(),
  args: mapOf(value, argProblem).optional(),
  target: word.optional(),
  secrets: mapOf(secretSchema, idProblem).optional(),
  ssh: mapOf(sshSchema, idProblem).optional(),
  labels: mapOf(value, labelProblem).optional(),
  network: z.enum(["default", "none", "host"], { error: 'must be "default", "none" or "host"' }).optional(),
  pull: z.boolean().optional(),
  noCache: z.boolean().optional(),
  cacheFrom: z.array(cacheSource).optional(),
  cacheTo: z.array(cacheTarget).optional(),
  builder: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, {
      error: "must be the name of a buildx builder, as `docker buildx ls` shows it",
    })
    .optional(),
  triggers: z.array(value).optional(),
});

export type Build = z.infer<typeof buildSchema>;
