import assert from "node:assert/strict";
import { archiveTags } from "../../../../provider/bench-image/identity";
import { awaitImage, ImageBuildFailed, register } from "../../../../provider/bench-image/registration/register";
import { IcaError } from "../../../../provider/ica/transport/error";
import { TimeoutError } from "../../../../provider/poll";
import { projectId } from "../../../support/context";
import { eachImage, type ScriptedImages } from "../../../support/each/each-image";
import { dockerImage, imageInputs } from "../../../support/factories";
import { ok, problem } from "../../../support/servers/scripted-server";

const createCall = "/api/dockerImages:createInternal";

describe("publishing an image", () => {
  let server: ScriptedImages["server"];
  let ica: ScriptedImages["ica"];
  let context: ScriptedImages["context"];

  eachImage((scripted) => {
    ({ server, ica, context } = scripted);
  });

  describe("registering", () => {
    const inputs = imageInputs({ version: "1.2", description: "for everybody" });
    beforeEach(() => ica.stores({ tags: archiveTags(inputs, "5ha", undefined) }));
    const registered = async () => {
      const found = await register(context, inputs, "fil.1", ["region-1"]);
      return { ...found.image, kind: found.kind };
    };

    it("sends the archive, name, version, description and regions", async () => {
      assert.equal((await registered()).id, "made-1");
      assert.deepEqual(server.calls("POST", createCall)[0]?.body, {
        dockerDataId: "fil.1",
        dockerDataProjectId: projectId,
        name: "rstudio",
        version: "1.2",
        description: "for everybody",
        type: "BENCH",
        regions: ["region-1"],
      });
    });

    it("finds the image whose answer was lost, and registers nothing twice", async () => {
      ica.has({ id: "old", version: "1.2", status: "BUILDFAILED" });
      server.on("POST", createCall, () => {
        ica.has({ id: "made", version: "1.2", status: "PARTIAL" });
        return "reset";
      });
      assert.equal((await registered()).id, "made");
      assert.equal(server.count("POST", createCall), 1);
      assert.equal(ica.images.size, 2);
    });

    for (const [what, act] of [
      ["a fault of ICA", problem(502, "Bad gateway")],
      ["an answer of another form", ok({ strange: true })],
    ] as const) {
      it(`finds the image after ${what} too`, async () => {
        server.on("POST", createCall, () => {
          ica.has({ id: "made", version: "1.2", status: "PARTIAL" });
          return act;
        });
        assert.equal((await registered()).id, "made");
      });
    }

    for (const fault of [problem(503, "Busy"), problem(502, "Bad gateway"), "reset"] as const)
      it(`repeats the call when it failed with ${typeof fault === "string" ? "a reset" : fault.status} and there is no image`, async () => {
        let calls = 0;
        server.on("POST", createCall, () => {
          if (++calls < 3) return fault;
          return ok(ica.has({ id: "made", version: "1.2", status: "PARTIAL" }));
        });
        const start = context.clock.now();
        assert.equal((await registered()).id, "made");
        assert.equal(calls, 3);
        assert.ok(context.clock.now() - start >= 20_000);
        assert.match(context.log.warnings.join("\n"), /registering once more in 5s[\s\S]*registering once more in 15s/);
      });

    it("does not repeat the call when the first one takes effect late", async () => {
      server.on("POST", createCall, () => "reset");
      let looks = 0;
      server.on("GET", "/api/dockerImages", () => {
        if (++looks === 3) ica.has({ id: "late", version: "1.2", status: "PARTIAL" });
        return ok({ items: [...ica.images.values()] });
      });
      assert.equal((await registered()).id, "late");
      assert.equal(server.count("POST", createCall), 1);
    });

    it("fails with ICA's message when the fault lasts, also when an old image has the name", async () => {
      ica.has({ id: "old", version: "1.2", status: "BUILDFAILED" });
      server.on("POST", createCall, problem(503, "Busy"));
      await assert.rejects(
        registered(),
        (error: unknown) => error instanceof IcaError && /503.*Busy/.test(error.message),
      );
      assert.equal(server.count("POST", createCall), 4);
    });

    for (const [what, act, words] of [
      ["refused", problem(400, "Bad region"), /Bad region/],
      ["has no such call", problem(501, "Not here"), /Not here/],
      ["gave an odd answer", ok({ strange: true }), /createInternal/],
    ] as const)
      it(`reports ICA's message when it ${what} and there is no image, and asks once`, async () => {
        server.on("POST", createCall, act);
        await assert.rejects(registered(), words);
        assert.equal(server.count("POST", createCall), 1);
      });

    it("adopts the image of a run that registered while this one was building", async () => {
      ica.has({ id: "theirs", version: "1.2", status: "PARTIAL" });
      const { id, kind } = await registered();
      assert.deepEqual([id, kind], ["theirs", "same"]);
      assert.equal(server.count("POST", createCall), 0);
    });

    for (const status of [400, 409, 422])
      it(`adopts the image of a run that was quicker by a moment, when ICA answers ${status}`, async () => {
        server.on("POST", createCall, () => {
          ica.has({ id: "theirs", version: "1.2", status: "PARTIAL" });
          return problem(status, "There is already an image with this name and version");
        });
        assert.equal((await registered()).id, "theirs");
      });

    for (const [theirs, ours, used] of [
      ["2026-03-01T00:00:00Z", "2026-03-01T00:00:01Z", "theirs"],
      ["2026-03-01T00:00:01Z", "2026-03-01T00:00:00Z", "ours"],
      ["2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", "ours"],
    ] as const)
      it(`uses the older one, ${used}, when ICA let two runs register the same (${theirs}, ${ours})`, async () => {
        server.on("POST", createCall, () => {
          ica.has({ id: "theirs", version: "1.2", status: "PARTIAL", timeCreated: theirs });
          return ok(ica.has({ id: "ours", version: "1.2", status: "PARTIAL", timeCreated: ours }));
        });
        assert.equal((await registered()).id, used);
        assert.equal(/its image theirs is used, and ours/.test(context.log.warnings.join()), used === "theirs");
      });

    it("never adopts an image of other content that got the version first", async () => {
      ica.files.clear();
      ica.stores({ tags: archiveTags(imageInputs({ version: "1.2", contextHash: "f".repeat(64) }), "5ha", "theirs") });
      ica.has({ id: "theirs", version: "1.2" });
      assert.equal((await registered()).kind, "other");
    });
  });

  describe("waiting for the image", () => {
    const waited = (timeoutMs = 3_600_000) => awaitImage(context, imageInputs(), "image-1", timeoutMs);
    const statuses = (...states: [string, ...string[]]) => {
      let look = 0;
      server.on("GET", "/api/dockerImages/image-1", () =>
        ok(dockerImage({ status: states[Math.min(look++, states.length - 1)] ?? "" })),
      );
    };

    it("continues while it is PARTIAL, and says so about once a minute", async () => {
      statuses(...(["PARTIAL", ...Array<string>(30).fill("PARTIAL"), "AVAILABLE"] as [string, ...string[]]));
      assert.equal((await waited()).status, "AVAILABLE");
      const told = context.log.lines.length;
      assert.ok(told >= 3 && told <= 5, `${told} lines in about four minutes`);
      assert.match(context.log.lines[0] ?? "", /^waiting for ICA: PARTIAL, .* \(5 to 30 minutes are normal\)/);
    });

    for (const status of ["BUILDFAILED", "DELETED", "DELETING"]) {
      it(`ends at ${status}, and says where to find the reason`, async () => {
        statuses("PARTIAL", status);
        await assert.rejects(waited(), (error: unknown) => {
          assert.ok(error instanceof ImageBuildFailed);
          assert.match(error.message, new RegExp(`id image-1, status ${status}`));
          assert.match(error.message, /Docker Repository/);
          return true;
        });
      });
    }

    it("keeps waiting at an unknown status until the time limit", async () => {
      statuses("SCANNING");
      await assert.rejects(waited(600_000), (error: unknown) => {
        assert.ok(error instanceof TimeoutError);
        assert.match(error.message, /is SCANNING after 10m 00s.*timeouts\.create/s);
        return true;
      });
    });
  });
});
