import { benchUid } from "../../runtime/bench-facts";
import type { Docker } from "../docker/cli";

/** The name of UID 1000 in an image, the user that sshd lets in; the number when /etc/passwd has no such entry. */
export async function benchUserName(docker: Docker, ref: string): Promise<string> {
  const file = (await docker.readFiles(ref, ["/etc/passwd"])).get("/etc/passwd");
  const rows = (file?.content.toString("utf8") ?? "").split("\n").map((line) => line.split(":"));
  return rows.find(([, , uid]) => uid === String(benchUid))?.[0] ?? String(benchUid);
}
