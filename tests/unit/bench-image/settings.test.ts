import assert from "node:assert/strict";
import { reportedSettings, settingsToChange } from "../../../provider/bench-image/registration/settings";
import { dockerImage, imageInputs } from "../../support/factories";

describe("settings that ICA has no call for", () => {
  const reporting = (benchSettings: ReturnType<typeof dockerImage>["benchSettings"], description?: string) =>
    dockerImage({ benchSettings, ...(description === undefined ? {} : { description }) });

  it("need nothing when ICA reports what was declared", () => {
    assert.deepEqual(settingsToChange(dockerImage(), imageInputs()), []);
  });

  it("need nothing when ICA says nothing", () => {
    assert.deepEqual(settingsToChange(reporting(undefined), imageInputs()), []);
    assert.deepEqual(settingsToChange(reporting({ access: null, clusterCompatible: null }), imageInputs()), []);
  });

  it("say for each difference what to change, and where", () => {
    const image = reporting({ clusterCompatible: true, access: { web: false, console: true } }, "old");
    const lines = settingsToChange(image, imageInputs({ version: "1.2", description: "new" }));
    assert.deepEqual(
      lines.map((line) => line.split(". ")[0]),
      [
        "web access is off in ICA but declared on",
        "console access is on in ICA but declared off",
        "cluster compatible is on in ICA but declared off",
        'the description is "old" in ICA but declared "new"',
      ],
    );
    for (const line of lines) assert.match(line, /System Settings > Docker Repository > rstudio 1\.2/);
  });

  it("show as drift what ICA reports, and leave alone what it does not report", () => {
    const image = reporting({ access: { web: false } }, "theirs");
    assert.deepEqual(reportedSettings(image, imageInputs({ description: "ours" })), {
      ...imageInputs(),
      access: { web: false, console: false },
      description: "theirs",
    });
    assert.deepEqual(reportedSettings(image, imageInputs()), imageInputs({ access: { web: false, console: false } }));
    assert.deepEqual(reportedSettings(reporting(undefined), imageInputs()), imageInputs());
  });
});
