import { remembered } from "../../memory";

/**
 * The images that resources of this run keep, by id. An image outlives its resource: one that is renamed without an alias, or replaced
 * by `pulumi up --replace` or `replaceOnChanges`, is taken over by the new resource, and so may be one that two resources declare.
 * Whatever the engine deletes in the same run is then not the image, but one of those who had it.
 */
export const imagesInUse = remembered(() => new Set<string>());
