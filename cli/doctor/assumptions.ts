/** What doctor found out about an assumption. */
export type Outcome = "holds" | "fails" | "unknown";

/** An assumption about ICA. docs/assumptions.md describes it in full under the same id. */
export interface Assumption {
  /** Row of docs/assumptions.md. */
  readonly id: string;
  /** The resource that needs it. */
  readonly of: "Workspace" | "BenchImage";
  /** The assumption in short. */
  readonly what: string;
  /** The consequence for a user if the assumption fails. */
  readonly ifWrong: string;
  /** How a person can check what read-only calls cannot show. */
  readonly check: string;
}

/** Every assumption of docs/assumptions.md, in the same order. */
export const assumptions = [
  {
    id: "W1",
    of: "Workspace",
    what: "the workspace calls exist",
    ifWrong: "a Workspace fails at pulumi up, naming the call; images keep working",
    check: 'search the tenant\'s Swagger page for "workspace"',
  },
  {
    id: "W2",
    of: "Workspace",
    what: "their fields have the assumed names",
    ifWrong: 'a Workspace fails with "the answer does not have the documented form", naming the field',
    check: 'search the tenant\'s Swagger page for "workspace"',
  },
  {
    id: "W3",
    of: "Workspace",
    what: "statuses are Stopped, Starting, Running, Stopping, Failed",
    ifWrong:
      "an unknown status counts as running; pulumi up waits until the time limit, and the error names the status",
    check: "look at a workspace on the Bench page while it starts",
  },
  {
    id: "W4",
    of: "Workspace",
    what: "a workspace's name is unique in its project",
    ifWrong: "a second workspace of the same name may be created; the first is untouched",
    check: "make two of one name on the Bench page",
  },
  {
    id: "W5",
    of: "Workspace",
    what: "a stopped workspace can be changed; its disk only grows",
    ifWrong: "ICA refuses the change in its own words; nothing is lost",
    check: "edit a stopped workspace on the Bench page",
  },
  {
    id: "W6",
    of: "Workspace",
    what: "an allowed URL is a host or *.host, with scheme, port and path at will",
    ifWrong: "ICA refuses the entry in its own words",
    check: "look at the form on the Bench page",
  },
  {
    id: "W7",
    of: "Workspace",
    what: "a workspace is stopped before it is deleted, /data goes with it, and then ICA no longer has it",
    ifWrong: "ICA refuses to delete, in its own words, or pulumi destroy waits until its time limit",
    check: "delete a workspace on the Bench page",
  },
  {
    id: "W8",
    of: "Workspace",
    what: "creating honours Idempotency-Key, updating honours If-Match",
    ifWrong:
      "what a killed pulumi up created is refused by the next one, with the existingId to declare; a change by hand at the same moment may be overwritten",
    check: "look for these headers on the tenant's Swagger page",
  },
  {
    id: "W9",
    of: "Workspace",
    what: "cluster settings have the assumed names",
    ifWrong: "as W2, for a Workspace with a cluster",
    check: "look at the Details of a workspace on the Bench page",
  },
  {
    id: "W10",
    of: "Workspace",
    what: "a cluster needs a cluster compatible image",
    ifWrong: "a preview refuses what ICA would take",
    check: "make a cluster of another image on the Bench page",
  },
  {
    id: "W11",
    of: "Workspace",
    what: "ephemeralStorage and users may be left out",
    ifWrong: "as W2; if ICA does not report them, the provider does not write a change of them",
    check: "create a workspace on the Bench page",
  },
  {
    id: "W12",
    of: "Workspace",
    what: "GET of an image shows what a workspace may use of it",
    ifWrong: "a preview refuses or misses what the image offers",
    check: "compare the image's settings in the Docker Repository",
  },
  {
    id: "W13",
    of: "Workspace",
    what: "the list of workspaces shows the same as a GET of each",
    ifWrong: "a refresh shows what was; ICA_SHARED_READS=false does without the list",
    check: "compare both for a workspace that is starting",
  },
  {
    id: "W14",
    of: "Workspace",
    what: "ICA limits the rate of calls with 429 and Retry-After",
    ifWrong: "pauses are guessed; another status fails after six tries",
    check: "ask the vendor's support",
  },
  {
    id: "I1",
    of: "BenchImage",
    what: "the code of the Docker format is DOCKER",
    ifWrong: "a BenchImage fails before the upload",
    check: "ask your tenant's administrator",
  },
  {
    id: "I2",
    of: "BenchImage",
    what: "ICA takes a bzip2-compressed archive by its API",
    ifWrong: 'the image ends as BUILDFAILED; then declare archive: { compression: "none" }',
    check: "publish one image",
  },
  {
    id: "I3",
    of: "BenchImage",
    what: "an image made by the API can be used in Bench, and its settings changed on the page",
    ifWrong: "a difference from the declared settings stays, and the provider says where to change it",
    check: "publish one image, then look at it in System Settings > Docker Repository",
  },
  {
    id: "I4",
    of: "BenchImage",
    what: "a failed or deleted image does not hold its name and version",
    ifWrong: "ICA refuses the second one in its own words; declare another version",
    check: "publish again after a BUILDFAILED",
  },
  {
    id: "I5",
    of: "BenchImage",
    what: "the archive has to stay in the project after the image is made",
    ifWrong: "storage costs for nothing",
    check: "ask the vendor",
  },
  {
    id: "I6",
    of: "BenchImage",
    what: "the last region of an image can be removed",
    ifWrong: 'onDelete: "removeRegions" is refused in ICA\'s words; use "forget"',
    check: 'destroy an image with onDelete: "removeRegions"',
  },
  {
    id: "I7",
    of: "BenchImage",
    what: "technical tags of files can be set and found, unshortened",
    ifWrong: "an image with a version of its own is not recognised when the state was lost",
    check: "publish one image, then look at the tags of its archive on the Data page",
  },
  {
    id: "I8",
    of: "BenchImage",
    what: "a second file of one path, or image of one name and version, is refused or stands beside the first",
    ifWrong: "two runs that publish the same image at once may leave two, of which both use one",
    check: "make the same image twice by hand",
  },
  {
    id: "I9",
    of: "BenchImage",
    what: "ICA notices a complete upload within 15 minutes",
    ifWrong: "pulumi up fails, and the next one continues without another upload",
    check: "publish one image",
  },
  {
    id: "I10",
    of: "BenchImage",
    what: "an image is in the list of images from the moment it is registered, also where the answer was lost",
    ifWrong: "after a fault it may be registered twice, and the older of the two is used",
    check: "register one image, and list the images at once",
  },
  {
    id: "S1",
    of: "BenchImage",
    what: "objectPrefix of the upload's credentials is the key of its object",
    ifWrong: "the store refuses the upload, or the file never becomes AVAILABLE",
    check: "publish one image",
  },
  {
    id: "S2",
    of: "BenchImage",
    what: "the object store is AWS S3, unless ica:s3Endpoint is set",
    ifWrong: "the upload finds no host",
    check: "publish one image",
  },
  {
    id: "S3",
    of: "BenchImage",
    what: "an unfinished file can be filled with credentials issued again",
    ifWrong: "an interrupted upload is refused when it is taken up again",
    check: "interrupt an upload, then pulumi up",
  },
] as const satisfies readonly Assumption[];

/** The id of an assumption. */
export type AssumptionId = (typeof assumptions)[number]["id"];
