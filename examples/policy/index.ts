import { PolicyPack } from "@pulumi/policy";
import { allowedUrls } from "./policies/allowed-urls";
import { names } from "./policies/names";
import { protectedData } from "./policies/protected-data";
import { publicNetwork } from "./policies/public-network";
import { resourceModels } from "./policies/resource-models";
import { storageLimit } from "./policies/storage-limit";
import { undeclaredRunning } from "./policies/undeclared-running";
import { verifiedImages } from "./policies/verified-images";

new PolicyPack("bench", {
  policies: [
    publicNetwork,
    allowedUrls,
    storageLimit,
    resourceModels,
    protectedData,
    verifiedImages,
    undeclaredRunning,
    names,
  ],
});
