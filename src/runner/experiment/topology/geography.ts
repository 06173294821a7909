/** Distance on the globe, and how long light in fibre takes for it. */
import type { Position } from './draft.ts';

/** Mean radius, IUGG. */
const EARTH_RADIUS_KM = 6371.0088;

/** Light in fibre (refractive index 1.47) takes 4.9 us for a kilometre; 5 is the engineer's figure. */
const FIBRE_NS_PER_KM = 5_000;

/** Two sites in one city still have a cable between them. */
const SHORTEST_NS = 10_000;

/** Great-circle distance by the haversine formula; x is the longitude, y the latitude, in degrees. */
export function distanceKm(a: Position, b: Position): number {
  const radians = Math.PI / 180;
  const haversine = (degrees: number) => Math.sin((degrees * radians) / 2) ** 2;
  const h = haversine(b.y - a.y) + Math.cos(a.y * radians) * Math.cos(b.y * radians) * haversine(b.x - a.x);
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** One-way delay of a fibre laid along the great circle: whole microseconds, at least ten. */
export function fibreDelayNs(a: Position, b: Position): number {
  return Math.max(SHORTEST_NS, Math.round((distanceKm(a, b) * FIBRE_NS_PER_KM) / 1000) * 1000);
}
