import type { EmulatorConfig } from "./config";
import type { Auth } from "./http/auth";
import type { Images } from "./images/images";
import type { Identity } from "./state/identity";
import type { Store } from "./state/store";

/** What the parts of a running emulator share. */
export interface EmulatorContext {
  readonly config: EmulatorConfig;
  readonly store: Store;
  readonly auth: Auth;
  readonly identity: Identity;
  /** The Docker images of ICA's repository; what an image is called in the Docker engine. */
  readonly images: Images;
  /** Address of this emulator without a path, for example `http://127.0.0.1:4747`. Only after it listens. */
  baseUrl(): string;
  log(line: string): void;
}
