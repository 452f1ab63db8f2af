import { z } from "zod";
import type { EmulatorConfig } from "../../emulator/config";
import { TestEmulator, V4 } from "../emulator/support";

const made = z.object({ id: z.string() });
const listed = z.object({ items: z.array(z.looseObject({ id: z.string(), name: z.string(), status: z.string() })) });

/** An emulator whose workspaces only have states, with an image for them. */
export class Shown {
  private constructor(
    readonly ica: TestEmulator,
    readonly imageId: string,
  ) {}

  static async start(config: Partial<EmulatorConfig> = {}): Promise<Shown> {
    const ica = await TestEmulator.start({ containers: false, ...config });
    return new Shown(ica, await Shown.#image(ica, "rstudio"));
  }

  static async #image(ica: TestEmulator, name: string): Promise<string> {
    const body = { url: "example.org/never-pulled:1", name, version: "1.0.0", type: "BENCH" };
    return made.parse(await ica.ok("POST", "/api/dockerImages:createExternal", { body, mediaType: V4 })).id;
  }

  image(name: string): Promise<string> {
    return Shown.#image(this.ica, name);
  }

  get #workspaces(): string {
    return `/api/projects/${this.ica.emulator.projectId}/workspaces`;
  }

  /** Makes a stopped workspace; its id. */
  async has(name: string): Promise<string> {
    const body = {
      name,
      imageId: this.imageId,
      resourceModel: "standard-small",
      storageSizeInGb: 20,
      access: { web: true, console: true },
      network: { mode: "RESTRICTED", allowedUrls: ["https://cran.r-project.org"] },
    };
    return made.parse(await this.ica.ok("POST", this.#workspaces, { body, mediaType: V4 })).id;
  }

  async start(id: string): Promise<void> {
    await this.ica.ok("POST", `${this.#workspaces}/${id}:start`, { mediaType: V4 });
  }

  async stop(id: string): Promise<void> {
    await this.ica.ok("POST", `${this.#workspaces}/${id}:stop`, { mediaType: V4 });
  }

  /** A workspace as the REST calls tell it; undefined when it is not there. */
  async told(name: string): Promise<Record<string, unknown> | undefined> {
    const { items } = listed.parse(await this.ica.ok("GET", this.#workspaces, { mediaType: V4 }));
    return items.find((one) => one.name === name);
  }

  close(): Promise<void> {
    return this.ica.close();
  }
}
