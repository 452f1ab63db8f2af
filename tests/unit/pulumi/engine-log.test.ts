import { strict as assert } from "node:assert";
import * as pulumi from "@pulumi/pulumi";
import sinon from "sinon";
import { engineLog } from "../../../provider/pulumi/engine-log";
import { FakeClock } from "../../support/fake-clock";

describe("the log to the engine", () => {
  let info: sinon.SinonStub;
  let warn: sinon.SinonStub;
  const clock = new FakeClock();
  const urn = "urn:pulumi:dev::project::pulumi-nodejs:dynamic/ica:Workspace::hello";

  beforeEach(() => {
    info = sinon.stub(pulumi.log, "info").resolves();
    warn = sinon.stub(pulumi.log, "warn").resolves();
  });

  afterEach(() => sinon.restore());

  const statusLines = () =>
    info
      .getCalls()
      .filter(({ args }) => args[3] === true)
      .map(({ args }) => args[0]);

  it("attaches every line to the resource it belongs to", async () => {
    const log = engineLog(urn, clock);
    log.info("building");
    log.warn("slow");
    for (const { args } of [info.firstCall, warn.firstCall]) {
      const resource: pulumi.Resource = args[1];
      assert.equal(await new Promise((resolve) => resource.urn.apply(resolve)), urn);
    }
  });

  it("keeps what a step says, and replaces lines that only report the state", () => {
    const log = engineLog(urn, clock);
    log.info("building");
    log.status("16 MB");
    assert.deepEqual(
      info.getCalls().map(({ args }) => [args[0], args[3] === true]),
      [
        ["building", false],
        ["16 MB", true],
      ],
    );
  });

  it("reports the state once a second at first, then less and less often, so that half an hour of waiting does not flood the log", () => {
    const log = engineLog(urn, clock);
    for (let ms = 0; ms < 3000; ms += 100) {
      log.status(`${ms}`);
      clock.advance(100);
    }
    assert.deepEqual(statusLines(), ["0", "1000", "2000"]);
    info.resetHistory();
    for (let s = 3; s < 1800; s++) {
      log.status(`${s}`);
      clock.advance(1000);
    }
    assert.ok(statusLines().length < 150, `${statusLines().length} lines in half an hour`);
  });

  it("shows every step, however quickly one follows the other", () => {
    const log = engineLog(undefined, clock);
    for (const step of ["1/3", "2/3", "3/3"]) log.info(step);
    assert.equal(info.callCount, 3);
    assert.equal(info.firstCall.args[1], undefined, "without a URN a line belongs to the stack");
  });
});
