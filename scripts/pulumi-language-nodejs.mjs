// A stand-in for Pulumi's language host for Node.js, for machines that built the pulumi command from source: only the
// official release contains the official host. It serves what `pulumi up`, `preview`, `refresh`, `destroy`, `import`
// and `install` need, and runs policy packs. It does not run other plugins written in Node.js, and does not generate code.
//
// The engine starts it in the program's folder with the engine's address as the last argument, and reads a port from
// the first line of stdout. The user sees all other output, which is mostly that of the program.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Exit code of a program that has already reported its failure to the engine. From @pulumi/pulumi's cmd/run. */
const alreadyReported = 32;

const engineAddress = process.argv.at(-1);

/** @pulumi/pulumi as a program in `folder` would load it. */
function sdkOf(folder) {
  const load = createRequire(join(folder, "package.json"));
  try {
    load.resolve("@pulumi/pulumi/package.json");
    return load;
  } catch {
    return undefined;
  }
}

// The host itself can start with the clone's copy. A program needs its own; running one without it reports that.
const own = sdkOf(process.cwd()) ?? sdkOf(process.env.PULUMI_ICA_CLONE || import.meta.dirname);
if (!own) {
  console.error(`@pulumi/pulumi is not installed in ${process.cwd()}: run \`npm install\` there.`);
  process.exit(1);
}
// Dependencies of @pulumi/pulumi. Only npm puts them where the program finds them, too.
const inner = createRequire(own.resolve("@pulumi/pulumi/package.json"));
const grpc = inner("@grpc/grpc-js");
const { LanguageRuntimeService } = own("@pulumi/pulumi/proto/language_grpc_pb");
const language = own("@pulumi/pulumi/proto/language_pb");
const plugin = own("@pulumi/pulumi/proto/plugin_pb");
const { Empty } = inner("google-protobuf/google/protobuf/empty_pb");

const programs = new Set();

function stopPrograms() {
  return Promise.all(
    [...programs].map(
      (child) =>
        new Promise((resolve) => {
          const force = setTimeout(() => child.kill("SIGKILL"), 3_000);
          child.once("close", () => {
            clearTimeout(force);
            resolve();
          });
          child.kill("SIGTERM");
        }),
    ),
  );
}

let stopping = false;

function stop() {
  if (stopping) return;
  stopping = true;
  stopPrograms().then(() => process.exit(0));
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);

// A killed engine sends no signal. This process notices when its parent changes.
const engineProcess = process.ppid;
setInterval(() => {
  if (process.ppid !== engineProcess) stop();
}, 1_000).unref();

function runArguments(request) {
  const flags = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    stack: request.getStack(),
    "root-directory": request.getInfo()?.getRootDirectory(),
    pwd: request.getPwd(),
    parallel: String(request.getParallel()),
  };
  return [
    ...Object.entries(flags).flatMap(([name, value]) => (value ? [`--${name}`, value] : [])),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    request.getProgram() || ".",
    ...request.getArgsList(),
  ];
}

function runEnvironment(request) {
  const options = request.getInfo()?.getOptions()?.toJavaScript() ?? {};
  return {
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    // As the official host does. Without it, Node does not find a program in TypeScript.
    ...(options.typescript === false ? {} : { PULUMI_NODEJS_TYPESCRIPT: "true" }),
  };
}

function response({ error = "", bail = false } = {}) {
  const message = new language.RunResponse();
  message.setError(error);
  message.setBail(bail);
  return message;
}

function run(call, callback) {
  const request = call.request;
  const folder = request.getPwd() || process.cwd();
  const sdk = sdkOf(folder);
  if (!sdk) {
    callback(null, response({ error: `@pulumi/pulumi is not installed in ${folder}: run \`npm install\` there.` }));
    return;
  }
  const child = spawn(process.execPath, [sdk.resolve("@pulumi/pulumi/cmd/run"), ...runArguments(request)], {
    cwd: folder,
    env: runEnvironment(request),
    // Passes the program's output through to the user.
    stdio: ["ignore", "inherit", "inherit"],
  });
  programs.add(child);
  let answered = false;
  const answer = (result) => {
    programs.delete(child);
    if (answered) return;
    answered = true;
    callback(null, response(result));
  };
  call.on("cancelled", () => child.kill("SIGTERM"));
  child.once("error", (error) => answer({ error: `Node.js could not be started: ${error.message}` }));
  child.once("close", (code, signal) => {
    if (code === 0) answer();
    else if (code === alreadyReported) answer({ bail: true });
    else if (signal) answer({ error: `The program was ended by ${signal}` });
    else answer({ error: `The program ended with exit code ${code}` });
  });
}

/** Ends a stream with an error. `destroy` would end it without an answer, and the engine would wait. */
function refuse(call, message) {
  call.emit("error", Object.assign(new Error(message), { code: grpc.status.INTERNAL }));
}

/**
 * Serves `--policy-pack`. A pack is a program that answers the engine's calls: the engine reads its port from the first
 * line of stdout. It runs with its own @pulumi/pulumi, in its own folder, where it reads its version from package.json.
 */
function runPlugin(call) {
  const request = call.request;
  const folder = request.getInfo()?.getProgramDirectory() || request.getPwd();
  const fail = (message) => refuse(call, message);
  if (request.getKind() !== "analyzer") {
    fail(`This language host runs policy packs only, and no plugin of kind "${request.getKind()}".`);
    return;
  }
  const sdk = sdkOf(folder);
  if (!sdk) {
    fail(`@pulumi/pulumi is not installed in ${folder}: run \`npm install\` there.`);
    return;
  }
  const script = sdk.resolve("@pulumi/pulumi/cmd/run-policy-pack");
  const entry = request.getInfo()?.getEntryPoint() || ".";
  const child = spawn(process.execPath, [script, ...request.getArgsList(), entry], {
    cwd: folder,
    env: { ...process.env, ...Object.fromEntries(request.getEnvList().map(variable)) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  programs.add(child);
  const send = (set, value) => {
    const message = new language.RunPluginResponse();
    message[set](value);
    call.write(message);
  };
  child.stdout.on("data", (chunk) => send("setStdout", chunk));
  child.stderr.on("data", (chunk) => send("setStderr", chunk));
  call.on("cancelled", () => child.kill("SIGTERM"));
  child.once("error", (error) => fail(`Node.js could not be started: ${error.message}`));
  child.once("close", (code) => {
    programs.delete(child);
    // -1 stands for a signal.
    send("setExitcode", code ?? -1);
    call.end();
  });
}

/** `NAME=value` as name and value. */
function variable(text) {
  const equals = text.indexOf("=");
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** Serves `pulumi install`. */
function installDependencies(call) {
  const child = spawn("npm", ["install"], { cwd: call.request.getDirectory(), stdio: ["ignore", "pipe", "pipe"] });
  programs.add(child);
  const send = (set) => (chunk) => {
    const message = new language.InstallDependenciesResponse();
    message[set](chunk);
    call.write(message);
  };
  child.stdout.on("data", send("setStdout"));
  child.stderr.on("data", send("setStderr"));
  const fail = (message) => refuse(call, message);
  call.on("cancelled", () => child.kill("SIGTERM"));
  child.once("error", (error) => fail(`npm could not be started: ${error.message}`));
  child.once("close", (code) => {
    programs.delete(child);
    if (code === 0) call.end();
    else fail(`\`npm install\` ended with code ${code}`);
  });
}

const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
server.addService(LanguageRuntimeService, {
  run,
  runPlugin,
  installDependencies,
  handshake: (_call, callback) => callback(null, new language.LanguageHandshakeResponse()),
  // The engine contains the pulumi-nodejs plugin of dynamic resources; resources of other plugins name theirs when they
  // register.
  getRequiredPackages: (_call, callback) => callback(null, new language.GetRequiredPackagesResponse()),
  getRequiredPlugins: (_call, callback) => callback(null, new language.GetRequiredPluginsResponse()),
  getProgramDependencies: (_call, callback) => callback(null, new language.GetProgramDependenciesResponse()),
  runtimeOptionsPrompts: (_call, callback) => callback(null, new language.RuntimeOptionsResponse()),
  getPluginInfo: (_call, callback) => {
    const info = new plugin.PluginInfo();
    info.setVersion(own("@pulumi/pulumi/package.json").version);
    callback(null, info);
  },
  about: (_call, callback) => {
    const about = new language.AboutResponse();
    about.setExecutable(process.execPath);
    about.setVersion(process.version);
    callback(null, about);
  },
  cancel: (_call, callback) => {
    stopPrograms().then(() => callback(null, new Empty()));
  },
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    console.error(`The language host could not listen on 127.0.0.1: ${error.message}`);
    process.exit(1);
  }
  process.stdout.write(`${port}\n`);
});
