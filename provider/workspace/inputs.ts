import { z } from "zod";
import type { Config } from "../config";
import { missingProject } from "../config";
import type { CheckFailure, CheckResult } from "../handler";
import { accessSchema, type InputsOf, parseInputs, timeoutsSchema } from "../inputs/inputs";
import { idOf, label } from "../inputs/text";
import { isKnown, type Maybe, type MaybeWithin, unknownValue } from "../inputs/unknown";
import { checkAllowedUrl, normaliseAllowedUrl } from "./allowed-urls";
import { checkCluster, clusterSchema } from "./cluster";

/** Smallest and largest disk in GB ("10GB to 64TB", help.ica.illumina.com, "Bench workspaces", field Storage size). */
const storageLimitsGb = { min: 10, max: 65_536 } as const;

/** The fields of a workspace. The plugin's schema is made from them, too. */
export const workspaceShape = {
  name: label,
  projectId: idOf("a project").optional(),
  image: idOf("an image"),
  resourceModel: label,
  storageGb: z
    .int({ error: "must be a whole number of GB" })
    .min(storageLimitsGb.min, { error: `must be at least ${storageLimitsGb.min}` })
    .max(storageLimitsGb.max, { error: `must be at most ${storageLimitsGb.max} (64 TB)` }),
  ephemeralStorage: z.boolean().optional(),
  access: accessSchema,
  users: z.enum(["single", "multi"], { error: 'must be "single" or "multi", or left out' }).optional(),
  network: z.enum(["public", "restricted"], { error: 'must be "public" or "restricted"' }),
  allowedUrls: z.array(z.string()).optional(),
  cluster: clusterSchema.optional(),
  desiredState: z.enum(["running", "stopped"], { error: 'must be "running" or "stopped", or left out' }).optional(),
  allowRestart: z.boolean().default(false),
  whileRunning: z
    .enum(["refuse", "restart", "defer"], { error: 'must be "refuse", "restart" or "defer", or left out' })
    .optional(),
  allowDataLoss: z.boolean().default(false),
  existingId: idOf("a workspace").optional(),
  timeouts: timeoutsSchema.optional(),
};

/** A workspace as declared, with defaults filled in. */
export type WorkspaceInputs = InputsOf<typeof workspaceShape> & { readonly projectId: string };

/** Parses the declaration and finds every problem that can be seen without asking ICA. */
export function checkWorkspace(
  config: MaybeWithin<Pick<Config, "projectId">>,
  args: Readonly<Record<string, unknown>>,
): CheckResult<MaybeWithin<WorkspaceInputs>> {
  const { inputs, failures } = parseInputs(workspaceShape, args);
  const projectId = inputs.projectId ?? config.projectId;
  const all = [
    ...failures,
    ...acrossFields(inputs),
    ...(projectId === undefined ? [{ property: "projectId", reason: missingProject() }] : []),
  ];
  const allowedUrls = normaliseUrls(inputs.allowedUrls);
  return {
    inputs: { ...inputs, ...(allowedUrls === undefined ? {} : { allowedUrls }), projectId: projectId ?? "" },
    failures: all,
  };
}

/** The declaration with the refused fields set to unknown, so that the same preview checks the rest. */
export function judgeable(
  inputs: MaybeWithin<WorkspaceInputs>,
  failures: readonly CheckFailure[],
): MaybeWithin<WorkspaceInputs> {
  const refused = failures.map(({ property }) => property.split(/[.[]/, 1)[0] ?? "");
  return { ...inputs, ...Object.fromEntries(refused.map((field) => [field, unknownValue])) };
}

function acrossFields(inputs: MaybeWithin<InputsOf<typeof workspaceShape>>): CheckFailure[] {
  const { access, network, allowedUrls, cluster } = inputs;
  const failures: CheckFailure[] = checkCluster(cluster);
  if (access !== undefined && isKnown(access) && access.web === false && access.console === false) {
    failures.push({
      property: "access",
      reason: "needs web, console or both to be true: otherwise the workspace cannot be entered",
    });
  }
  if (inputs.allowRestart === true && (inputs.whileRunning === "refuse" || inputs.whileRunning === "defer")) {
    failures.push({
      property: "whileRunning",
      reason: `is "${inputs.whileRunning}", but allowRestart: true means "restart": leave one of them out`,
    });
  }
  if (Array.isArray(allowedUrls) && allowedUrls.length > 0 && network === "public") {
    failures.push({
      property: "allowedUrls",
      reason: 'is only for network: "restricted"; a public workspace may connect anywhere',
    });
  }
  if (Array.isArray(allowedUrls)) {
    allowedUrls.forEach((url, i) => {
      // A value that is not a string is unknown, or already has a failure.
      const reason = typeof url !== "string" ? undefined : checkAllowedUrl(url);
      if (reason !== undefined) {
        failures.push({ property: `allowedUrls[${i}]`, reason });
      }
    });
  }
  return failures;
}

/** Sorts the list and removes duplicates and trailing slashes, so that these do not count as a change. */
function normaliseUrls(urls: Maybe<string[] | undefined>): Maybe<string[] | undefined> {
  if (!Array.isArray(urls) || !urls.every((url) => typeof url === "string")) {
    return urls;
  }
  return [...new Set(urls.map(normaliseAllowedUrl))].sort();
}
