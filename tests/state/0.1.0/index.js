const ica = require("pulumi-ica");
const image = new ica.BenchImage("console", {
  build: { context: "./image", args: { A: "1" }, labels: { team: "x" } },
  access: { web: true, console: true },
  description: "d",
  onDelete: "removeRegions",
});
new ica.Workspace("full", {
  image: image.imageId,
  resourceModel: "standard-small",
  storageGb: 10,
  access: { console: true },
  network: "restricted",
  allowedUrls: ["https://cran.r-project.org", "*.example.org"],
  desiredState: "stopped",
  allowRestart: true,
  timeouts: { create: "5m" },
});
new ica.Workspace("small", {
  name: "small",
  image: image.imageId,
  resourceModel: "standard-medium",
  storageGb: 20,
  access: { console: true },
  network: "public",
});
exports.id = image.imageId;
