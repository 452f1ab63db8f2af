import { z } from "zod";
import { type Caller, media, path } from "./transport/http";

const projectSchema = z.object({
  id: z.string(),
  name: z.string(),
  active: z.boolean(),
  region: z.object({ id: z.string(), code: z.string() }),
});

export type Project = z.infer<typeof projectSchema>;

/** Tag "Project". No documented field shows whether Bench is enabled in a project. */
export class Projects {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  async get(projectId: string): Promise<Project> {
    const { body } = await this.#call({
      method: "GET",
      path: path`/api/projects/${projectId}`,
      media: media.v3,
      answer: projectSchema,
    });
    return body;
  }
}
