import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { packageVersion } from "../../cli/package-root";
import { command } from "../support/programs/command";
import { repository } from "./runner/job";

const manifest = z.looseObject({ dependencies: z.record(z.string(), z.string()) });

/** examples/pull-request as a user has it: copied, committed and pushed. */
export class ExampleRepository {
  private constructor(
    /** What GitHub has: a bare clone. */
    readonly clone: string,
    private readonly work: string,
  ) {}

  /** `env` is that of a person with the rights to make the stack. */
  static async in(folder: string, env: Readonly<Record<string, string>>): Promise<ExampleRepository> {
    const work = path.join(folder, "work");
    const clone = path.join(folder, "hosted.git");
    await mkdir(work, { recursive: true });
    await cp(path.join(repository, "examples/pull-request"), work, {
      recursive: true,
      filter: (source) => !source.includes("node_modules"),
    });
    const made = new ExampleRepository(clone, work);
    // As docs/pull-requests.md says: depend on the published package, make the stack, and commit all that.
    const text = manifest.parse(JSON.parse(await made.read("package.json")));
    const dependencies = { ...text.dependencies, "pulumi-ica": `^${packageVersion()}` };
    await writeFile(path.join(work, "package.json"), JSON.stringify({ ...text, dependencies }, undefined, 2));
    await writeFile(path.join(work, "package-lock.json"), "{}\n");
    await command("pulumi", ["stack", "init", "dev", "--non-interactive"], { cwd: work, env });
    await command("git", ["init", "--quiet", "--bare", clone]);
    await command("git", ["-C", clone, "config", "uploadpack.allowAnySHA1InWant", "true"]);
    await made.#git("init", "--quiet", "--initial-branch=main");
    await made.#git("remote", "add", "origin", clone);
    await made.#commit("main", "Start");
    return made;
  }

  read(file: string): Promise<string> {
    return readFile(path.join(this.work, file), "utf8");
  }

  /** The commit that main is at. */
  main(): Promise<string> {
    return this.#git("rev-parse", "main");
  }

  /** Replaces a text in a file on a branch that starts at main, and pushes it. Returns the new commit of the branch. */
  async change(branch: string, file: string, from: string, to: string): Promise<string> {
    const there = await this.#git("branch", "--list", branch);
    await this.#git("checkout", "--quiet", ...(there === "" ? ["-b", branch, "main"] : [branch]));
    const text = await this.read(file);
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    await writeFile(path.join(this.work, file), text.replace(from, to));
    return this.#commit(branch, `Change ${file}`);
  }

  /** The commit that a pull request of this branch would become, as GitHub keeps it: `refs/pull/N/merge`. */
  async merged(pull: number, branch: string): Promise<string> {
    await this.#git("checkout", "--quiet", "--detach", "main");
    await this.#git(
      "-c",
      "user.name=GitHub",
      "-c",
      "user.email=a@b",
      "merge",
      "--quiet",
      "--no-ff",
      "-m",
      "Merge",
      branch,
    );
    const sha = await this.#git("rev-parse", "HEAD");
    await this.#git("push", "--quiet", "--force", "origin", `HEAD:refs/pull/${pull}/merge`);
    return sha;
  }

  async #commit(branch: string, subject: string): Promise<string> {
    await this.#git("add", "--all");
    await this.#git("-c", "user.name=A", "-c", "user.email=a@b", "commit", "--quiet", "--message", subject);
    await this.#git("push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
    return this.#git("rev-parse", "HEAD");
  }

  async #git(...args: string[]): Promise<string> {
    return (await command("git", ["-C", this.work, ...args])).stdout;
  }
}
