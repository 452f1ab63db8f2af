import type { ImageLayer } from "../../docker/image-layers";
import { type Finding, finding } from "../finding";

/** Uncompressed size in bytes from which an image is reported as large. This project chose the limit; ICA names none. */
export const largeImage = 20e9;
const mostNamed = 3;
/** Share of the whole from which a layer is worth naming. */
const worthNaming = 0.01;
const longestStep = 60;

/** An image's size as text, with its largest layers. */
export function describeSize(layers: readonly ImageLayer[]): string {
  const largest = layers.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
  const named = largest
    .slice(0, mostNamed)
    .filter(({ bytes }) => bytes >= worthNaming * totalOf(layers))
    .map(({ madeBy, bytes }) => `${sizeOf(bytes)} by ${shortened(madeBy)}`);
  return `${sizeOf(totalOf(layers))} in ${largest.length} ${largest.length === 1 ? "layer" : "layers"}${named.length === 0 ? "" : `, the largest: ${named.join("; ")}`}`;
}

export function checkSize(layers: readonly ImageLayer[]): Finding[] {
  return totalOf(layers) <= largeImage ? [] : [finding("ICA020", "warning", `the image has ${describeSize(layers)}`)];
}

function totalOf(layers: readonly ImageLayer[]): number {
  return layers.reduce((sum, { bytes }) => sum + bytes, 0);
}

function sizeOf(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function shortened(step: string): string {
  return step.length <= longestStep ? step : `${step.slice(0, longestStep - 1)}…`;
}
