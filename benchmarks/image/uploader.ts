import { fork } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import ts from "typescript";
import { type Job, type Result, resultSchema } from "./publication";

const repository = path.resolve(__dirname, "../..");

/**
 * Runs each upload in a process of its own on compiled code, as the provider does. The loader that runs the benchmark
 * itself costs 30 MB and time.
 */
export class Uploader {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Compiles the current code to a folder inside the repository, so that Node finds the packages. */
  static async compile(): Promise<Uploader> {
    const caches = path.join(repository, "node_modules/.cache");
    await mkdir(caches, { recursive: true });
    const folder = await mkdtemp(path.join(caches, "pulumi-ica-benchmark-"));
    const { config } = ts.readConfigFile(path.join(repository, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, repository);
    const program = ts.createProgram([path.join(__dirname, "publication.ts")], {
      ...options,
      noEmit: false,
      outDir: folder,
      rootDir: repository,
    });
    if (program.emit().emitSkipped) throw new Error("the benchmark could not be compiled: see npm run check");
    return new Uploader(folder);
  }

  run(job: Job): Promise<Result> {
    const child = fork(path.join(this.#folder, "benchmarks/image/publication.js"), {
      execArgv: [],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    return new Promise((resolve, reject) => {
      child.once("message", (message) => resolve(resultSchema.parse(message)));
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the publication ended with ${code ?? "a signal"}`)));
      child.send(job);
    });
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
