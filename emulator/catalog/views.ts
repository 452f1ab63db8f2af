import type { EmulatorRegion, Identity } from "../state/identity";

/** The fields of origin that every resource of ICA has. */
function origin({ timeCreated, user, tenant }: Identity) {
  return {
    timeCreated,
    timeModified: timeCreated,
    ownerId: user.id,
    tenantId: tenant.id,
    tenantName: tenant.name,
  };
}

/** A region in the documented form. */
export function regionView(identity: Identity, region: EmulatorRegion) {
  return {
    id: region.id,
    ...origin(identity),
    code: region.code,
    cityName: region.city,
    country: {
      id: identity.countryIds[region.countryCode],
      ...origin(identity),
      code: region.countryCode,
      name: region.country,
      region: region.area,
    },
  };
}

/** The project in the documented form. */
export function projectView(identity: Identity, region: EmulatorRegion) {
  return {
    id: identity.project.id,
    ...origin(identity),
    name: identity.project.name,
    active: true,
    shortDescription: "The one project of this emulator.",
    region: regionView(identity, region),
    billingMode: "PROJECT",
    dataSharingEnabled: false,
    tags: { technicalTags: [], userTags: [] },
  };
}
