import type Dockerode from "dockerode";
import { benchGid, benchUid, dockerLabel } from "../bench-facts";
import { ifThere } from "../docker/docker-error";
import { filesOf, tarOf } from "../docker/tar";
import { keptDataValue, type Names } from "../names";
import type { WorkspaceSpec } from "../spec";
import { authFolder, makeAuthFiles } from "./auth-files";
import { removeContainer } from "./stop";

/**
 * Creates the missing volumes of a workspace: /data for its user, and its SSH keys. Fills them through a container of
 * the workspace's own image that never starts. This needs no further image and no path of the host, and keeps the
 * private keys in the volume only. The keys are written last; if they exist, everything else does.
 */
export async function ensureVolumes(docker: Dockerode, names: Names, spec: WorkspaceSpec): Promise<void> {
  await docker.createVolume({ Name: names.software, Labels: names.labels("software") });
  if (spec.keptData === undefined) {
    await docker.createVolume({ Name: names.data(spec.id), Labels: names.labels("data", spec.id) });
  } else {
    await ensureKeptVolume(docker, spec.keptData);
  }
  await docker.createVolume({ Name: names.auth(spec.id), Labels: names.labels("auth", spec.id) });
  const setup = docker.getContainer(names.setup(spec.id));
  await removeContainer(setup);
  await docker.createContainer({
    name: names.setup(spec.id),
    Image: spec.image,
    Entrypoint: ["/never-started"],
    Labels: names.labels("setup", spec.id),
    HostConfig: {
      NetworkMode: "none",
      Mounts: [
        dataMount(names, spec),
        { Type: "volume", Source: names.auth(spec.id), Target: authFolder, VolumeOptions: noCopy },
      ],
    },
  });
  try {
    if (!(await hasKeys(setup))) {
      await fill(setup, spec.id);
    }
  } finally {
    await removeContainer(setup);
  }
}

/** Removes the volumes of a workspace, including everything in /data. */
export async function removeVolumes(docker: Dockerode, names: Names, id: string): Promise<void> {
  await ifThere(docker.getVolume(names.data(id)).remove());
  await ifThere(docker.getVolume(names.auth(id)).remove());
}

/**
 * The mounts of a workspace. Mounts keys only with console access, because the vendor's images start sshd when keys are
 * there.
 */
export function workspaceMounts(names: Names, spec: WorkspaceSpec): Dockerode.MountSettings[] {
  const readOnly = (Source: string, Target: string): Dockerode.MountSettings => ({
    Type: "volume",
    Source,
    Target,
    ReadOnly: true,
    VolumeOptions: noCopy,
  });
  return [
    dataMount(names, spec),
    ...(spec.projectFolder === undefined
      ? []
      : [{ Type: "bind" as const, Source: spec.projectFolder, Target: "/data/project" }]),
    readOnly(names.software, "/data/.software"),
    ...(spec.access.console ? [readOnly(names.auth(spec.id), authFolder)] : []),
  ];
}

/** The private key that logs in to a workspace, read from its container, running or not. */
export async function readPrivateKey(container: Dockerode.Container): Promise<string> {
  const key = (await filesOf(await container.getArchive({ path: authFolder }))).get("privateKey");
  if (key === undefined) {
    throw new Error(`The workspace has no ${authFolder}/privateKey.`);
  }
  return key;
}

/**
 * Docker would copy the image's content at that path into an empty volume, but the disk of a real workspace starts
 * empty.
 */
const noCopy: Dockerode.MountSettings["VolumeOptions"] = {
  NoCopy: true,
  Labels: {},
  DriverConfig: { Name: "local", Options: {} },
};

function dataMount(names: Names, { id, keptData }: WorkspaceSpec): Dockerode.MountSettings {
  return { Type: "volume", Source: keptData ?? names.data(id), Target: "/data", VolumeOptions: noCopy };
}

/**
 * Creates the user's volume if missing. Refuses other existing volumes, because filling one would give its root to user
 * 1000.
 */
async function ensureKeptVolume(docker: Dockerode, name: string): Promise<void> {
  const found = await ifThere(docker.getVolume(name).inspect());
  if (found === undefined) {
    await docker.createVolume({ Name: name, Labels: { [dockerLabel]: keptDataValue } });
  } else if (found.Labels?.[dockerLabel] !== keptDataValue) {
    throw new Error(
      `The volume ${name} was not made to be the /data of a workspace, so it is left alone. Choose another name.`,
    );
  }
}

async function hasKeys(setup: Dockerode.Container): Promise<boolean> {
  const files = await filesOf(await setup.getArchive({ path: authFolder }));
  return files.has("privateKey") && files.has("pubKey") && files.has("hostKey");
}

async function fill(setup: Dockerode.Container, id: string): Promise<void> {
  const owner = { uid: benchUid, gid: benchGid };
  const folders = ["/data", "/data/project", "/data/.software"].map((name) => ({ name, mode: 0o755, ...owner }));
  await setup.putArchive(await tarOf(folders), { path: "/" });
  // sshd refuses a host key that other users can read.
  const keys = Object.entries(await makeAuthFiles(`workspace-${id}`)).map(([file, content]) => ({
    name: `${authFolder}/${file}`,
    mode: file === "pubKey" ? 0o644 : 0o600,
    content,
    ...owner,
  }));
  await setup.putArchive(await tarOf([{ name: authFolder, mode: 0o755, ...owner }, ...keys]), { path: "/" });
}
