import type { EmulatorConfig } from "./config";
import type { Auth } from "./http/auth";
import type { Images } from "./images/images";
import type { Identity } from "./state/identity";
import type { Store } from "./state/store";

/** The objects that the parts of a running emulator share. */
export interface EmulatorContext {
  readonly config: EmulatorConfig;
  readonly store: Store;
  readonly auth: Auth;
  readonly identity: Identity;
  /** The Docker images of ICA's repository, with their names in the Docker engine. */
  readonly images: Images;
  /** Base URL of this emulator without a path, for example `http://127.0.0.1:4747`. Available only once it listens. */
  baseUrl(): string;
  log(line: string): void;
}
