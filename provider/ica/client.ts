import type { Clock } from "../handler";
import { DataFormats } from "./data-formats";
import { DockerImages } from "./docker-images";
import { ProjectData } from "./project-data";
import { Projects } from "./projects";
import { Regions } from "./regions";
import { SystemInfo } from "./system";
import { blamingSetting, type ClientSettings } from "./transport/blamed-setting";
import { type Caller, Transport } from "./transport/http";
import type { RetryPolicy } from "./transport/retry";
import { ApiKeyLogin, type SpareKey } from "./transport/tokens";
import { WorkspaceReads } from "./workspace-reads";
import { Workspaces } from "./workspaces";

export interface ClientOptions {
  /** For example `https://ica.illumina.com/ica/rest`. */
  readonly baseUrl: string;
  /** The user's API key; never logged, never part of an error. */
  readonly apiKey: string;
  /** Another key, used if ICA refuses the first one. */
  readonly spareKey?: SpareKey;
  /** The configured project and the sources of the settings, for errors. */
  readonly settings?: Omit<ClientSettings, "baseUrl">;
  readonly clock: Clock;
  readonly policy?: RetryPolicy;
  readonly timeoutMs?: number;
  /** Ends all calls: a run ends as a whole, so the calls of all resources share it. */
  readonly signal?: AbortSignal;
  /** When false, each workspace is read with its own GET. Default true: reads share calls of the list. */
  readonly sharedReads?: boolean;
}

/** The part of ICA's REST API that this project uses: one member for each tag of the official OpenAPI document. */
export class IcaClient {
  readonly regions: Regions;
  readonly projects: Projects;
  readonly dataFormats: DataFormats;
  readonly projectData: ProjectData;
  readonly dockerImages: DockerImages;
  readonly system: SystemInfo;
  /** These calls are assumed; see docs/assumptions.md. */
  readonly workspaces: Workspaces;
  /** Reads many workspaces at the same time with few calls. */
  readonly workspaceReads: WorkspaceReads;

  constructor(options: ClientOptions) {
    const transport = new Transport({
      baseUrl: options.baseUrl,
      clock: options.clock,
      userAgent: "pulumi-ica",
      ...(options.policy === undefined ? {} : { policy: options.policy }),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
      signal: options.signal,
    });
    const login = new ApiKeyLogin(transport, options.apiKey, options.clock, options.spareKey);
    const settings = { from: {}, ...options.settings, baseUrl: options.baseUrl };
    const call: Caller = (request) =>
      transport.send(request, login).catch((error: unknown) => {
        throw blamingSetting(error, settings);
      });
    this.regions = new Regions(call);
    this.projects = new Projects(call);
    this.dataFormats = new DataFormats(call);
    this.projectData = new ProjectData(call);
    this.dockerImages = new DockerImages(call);
    this.system = new SystemInfo(call);
    this.workspaces = new Workspaces(call, this.projects);
    this.workspaceReads = new WorkspaceReads(this.workspaces, options.clock, options.sharedReads);
  }
}
