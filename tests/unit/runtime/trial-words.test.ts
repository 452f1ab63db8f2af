import assert from "node:assert/strict";
import fc from "fast-check";
import { type Change, writtenPaths } from "../../../runtime/container/changes";
import { listeningIn } from "../../../runtime/container/listening";
import { refusedWrites } from "../../../runtime/trial/refused-writes";

const header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const socket = (address: string, state = "0A") =>
  `   0: ${address} ${"0".repeat(address.length - 5)}:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 1 1 0\n`;

describe("what a trial reads", () => {
  it("in a log: the path that was refused, however a program says it", () => {
    const lines = {
      "touch: cannot touch '/opt/x y': Read-only file system": "/opt/x y",
      "mkdir: cannot create directory ‘/opt/état’: Read-only file system": "/opt/état",
      "/usr/local/bin/ica_start.sh: line 3: /var/log/app.log: Read-only file system": "/var/log/app.log",
      'nginx: [emerg] open() "/run/nginx.pid" failed (30: Read-only file system)': "/run/nginx.pid",
      "OSError: [Errno 30] Read-only file system: '/opt/cache'": "/opt/cache",
      "Error: EROFS: read-only file system, open '/srv/state.json'": "/srv/state.json",
      "open /var/lib/app/db: read-only file system": "/var/lib/app/db",
      "java.nio.file.FileSystemException: /opt/app/tmp: Read-only file system": "/opt/app/tmp",
      "cannot save the history: Read-only file system": "cannot save the history: Read-only file system",
    };
    assert.deepEqual(refusedWrites(["listening on 8888", ...Object.keys(lines), ""]), Object.values(lines));
  });

  it("in the kernel's tables: who is reached from outside", () => {
    const tables = (...sockets: string[]) => `${header}${sockets.join("")}${header}`;
    assert.equal(listeningIn(tables(socket("00000000:22B8")), 8888), "outside");
    assert.equal(listeningIn(tables(socket("0100007F:22B8")), 8888), "inside only");
    assert.equal(listeningIn(tables(socket("0100007F:22B8"), socket(`${"0".repeat(32)}:22B8`)), 8888), "outside");
    assert.equal(listeningIn(tables(socket("00000000000000000000000001000000:22B8")), 8888), "inside only");
    assert.equal(listeningIn(tables(socket("0000000000000000FFFF00000100007F:22B8")), 8888), "inside only");
    assert.equal(listeningIn(tables(socket("00000000:22B8", "01"), socket("00000000:08AE")), 8888), "nowhere");
    assert.equal(listeningIn("cat: not found", 8888), undefined);
  });

  it("in Docker's list of changes: what its processes did, and nothing that Docker did", () => {
    const changed = (Path: string): Change => ({ Path, Kind: 0 });
    const added = (Path: string): Change => ({ Path, Kind: 1 });
    const mounted = ["/data", "/data/.software", "/etc/workspace-auth", "/tmp"];
    const dockers = [
      changed("/etc"),
      added("/etc/workspace-auth"),
      added("/data"),
      added("/data/.software"),
      changed("/run"),
      changed("/dev"),
    ];
    assert.deepEqual(writtenPaths([...dockers, changed("/"), changed("/tmp")], mounted), ["/run"]);
    const theirs = [
      changed("/opt"),
      changed("/opt/app"),
      added("/opt/app/a"),
      { Path: "/opt/old", Kind: 2 } as const,
      added("/etc/x"),
    ];
    const caches = [
      changed("/usr"),
      changed("/usr/lib"),
      added("/usr/lib/__pycache__"),
      added("/usr/lib/__pycache__/a.pyc"),
    ];
    assert.deepEqual(writtenPaths([...dockers.slice(0, 4), ...theirs, ...caches], mounted), [
      "/etc/x",
      "/opt/app/a",
      "/opt/old",
    ]);
  });

  it("never reports a mount, and always reports a new file elsewhere", () => {
    const name = fc.stringMatching(/^[a-z]{1,3}$/);
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `/w/${parts.join("/")}`);
    fc.assert(
      fc.property(fc.uniqueArray(path, { minLength: 1 }), fc.uniqueArray(path), (files, mounts) => {
        const found = writtenPaths(
          files.map((Path) => ({ Path, Kind: 1 })),
          mounts,
        );
        const below = (one: string, other: string) => one === other || one.startsWith(`${other}/`);
        const expected = files.filter(
          (file) =>
            !files.some((other) => other !== file && below(other, file)) &&
            !mounts.some((mount) => below(file, mount) || below(mount, file)),
        );
        assert.deepEqual(found, expected.sort());
      }),
    );
  });
});
