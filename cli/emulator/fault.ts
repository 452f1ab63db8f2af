import { Command, InvalidArgumentError, Option } from "commander";
import { FAULTS_PATH, type Fault, runningOn, type StandingOrder, standingOrder } from "pulumi-ica-emulator";
import { z } from "zod";
import { print } from "../output";
import { wholeNumber } from "../whole-number";

/** The options of `ica-bench emulator fault`. */
interface FaultOptions {
  readonly dir: string;
  readonly status?: number;
  readonly retryAfter?: number;
  readonly delay?: number;
  readonly reset?: true;
  readonly drop?: true;
  readonly expiry?: true;
  readonly times: number;
  readonly after: number;
  readonly list?: true;
  readonly clear?: true;
}

const kinds = ["status", "delay", "reset", "drop", "expiry"] as const;

/** `ica-bench emulator fault`: injects a fault to see how a program copes. */
export function faultCommand(dir: Option): Command {
  const one = (option: Option) =>
    option.conflicts([...kinds, "list", "clear"].filter((other) => other !== option.attributeName()));
  return new Command("fault")
    .description(
      "Inject faults into requests, to see how a program copes. Needs the API key in ICA_API_KEY. Restarting the emulator clears injected faults.",
    )
    .argument(
      "[request]",
      'which requests, as "POST /api/dockerImages:createInternal", "PUT /s3/*" or "*"; * stands for any text',
      request,
    )
    .addOption(dir)
    .addOption(one(new Option("--status <code>", "answer with this error, 400 to 599").argParser(wholeNumber(599))))
    .option("--retry-after <seconds>", "with --status: the answer's Retry-After", wholeNumber(86_400))
    .addOption(one(new Option("--delay <ms>", "carry out so much later").argParser(wholeNumber(3_600_000))))
    .addOption(one(new Option("--reset", "reset the connection; nothing is carried out")))
    .addOption(one(new Option("--drop", "carry out, and reset the connection before the answer")))
    .addOption(one(new Option("--expiry", "let the token or the temporary credentials of the request expire")))
    .option("--times <number>", "to how many requests", wholeNumber(1_000_000), 1)
    .option("--after <number>", "how many requests pass before", wholeNumber(1_000_000), 0)
    .addOption(one(new Option("--list", "show what is ordered, and how often it happened")))
    .addOption(one(new Option("--clear", "forget all orders")))
    .action(async (which: Request | undefined, options: FaultOptions, command: Command) => {
      const call = await callsOf(options.dir);
      if (options.clear === true) {
        await call("DELETE");
      } else if (options.list === true) {
        const { items } = z.object({ items: z.array(standingOrder) }).parse(await call("GET"));
        print(items.map((item) => `${lineOf(item)}\n`).join(""));
      } else {
        const fault = faultOf(options);
        if (which === undefined || fault === undefined) {
          command.error("error: name the requests, and one of --status, --delay, --reset, --drop, --expiry");
        }
        const { times, after } = options;
        const made = standingOrder.parse(await call("POST", { ...which, times, after, fault }));
        print(`${lineOf(made)}\n`);
      }
    });
}

interface Request {
  readonly method?: string;
  readonly path: string;
}

function request(text: string): Request {
  const [, method, path] = /^(?:([A-Za-z]+) +)?([/*]\S*)$/.exec(text) ?? [];
  if (path === undefined) {
    throw new InvalidArgumentError('It must be a path, or a method and a path, as "GET /api/regions".');
  }
  return { path, ...(method === undefined ? {} : { method: method.toUpperCase() }) };
}

function faultOf({ status, retryAfter, delay, reset, drop, expiry }: FaultOptions): Fault | undefined {
  if (status !== undefined) {
    return { kind: "status", status, ...(retryAfter === undefined ? {} : { retryAfter }) };
  }
  if (delay !== undefined) {
    return { kind: "delay", ms: delay };
  }
  const named = [reset && "reset", drop && "drop", expiry && "expiry"] as const;
  const kind = named.find((name) => name !== undefined);
  return kind === undefined ? undefined : { kind };
}

/** Returns a function that calls the emulator running on this folder. */
async function callsOf(dir: string): Promise<(method: string, body?: unknown) => Promise<unknown>> {
  const url = (await runningOn(dir))?.url;
  const key = process.env.ICA_API_KEY;
  if (url === undefined) {
    throw new Error(`No emulator runs on ${dir}. Start it with: ica-bench emulator start`);
  }
  if (!key) {
    throw new Error("Set ICA_API_KEY to the API key of the emulator.");
  }
  return async (method, body) => {
    const answer = await fetch(`${url}${FAULTS_PATH}`, {
      method,
      headers: { "X-API-Key": key, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) {
      const problem = z.object({ detail: z.string() }).safeParse(await answer.json());
      throw new Error(problem.success ? problem.data.detail : `The emulator answered ${answer.status}.`);
    }
    return answer.status === 204 ? undefined : await answer.json();
  };
}

function lineOf({ method, path, after, times, happened, fault }: StandingOrder): string {
  const { kind, ...rest } = fault;
  const what = [kind, ...Object.entries(rest).map(([name, value]) => `${name}=${String(value)}`)].join(" ");
  return `${happened} of ${times}  ${method ?? "*"} ${path}  ${what}${after === 0 ? "" : `, after ${after}`}`;
}
