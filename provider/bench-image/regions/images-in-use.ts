import { remembered } from "../../memory";

/**
 * The images that resources of this run keep, by id. An image can outlive its resource: when a resource is renamed without
 * an alias, or replaced by `pulumi up --replace` or `replaceOnChanges`, the new resource adopts the image. Two resources can
 * also declare the same image. When the engine then deletes one of these resources in the same run, the image must stay.
 */
export const imagesInUse = remembered(() => new Set<string>());
