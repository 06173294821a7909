/**
 * What `containerlab inspect --format json` tells. Up to 0.67 it is `{ "containers": […] }`, and nothing at all where
 * there are none; since 0.68 the containers are grouped by lab, `{ "NAME": […] }`, and `{}` where there are none.
 */
import { LabError } from '../../lab.ts';

export interface InspectedContainer {
  /** Of the container: prefix, lab and node. */
  readonly name: string;
  readonly id: string;
  /** `running`, `exited`, … */
  readonly state: string;
}

/** The lab's containers. Throws LabError where the text is neither. */
export function parseInspect(printed: string, lab: string): readonly InspectedContainer[] {
  if (printed.trim() === '') return [];
  const found = parseJson(printed);
  if (!isRecord(found)) throw unreadable(printed);
  const flat = found.containers;
  // A lab called "containers" is grouped, too; what is in it says which lab it is of.
  const rows = Object.hasOwn(found, lab) ? found[lab] : flat;
  if (rows === undefined || rows === null) return [];
  if (!Array.isArray(rows)) throw unreadable(printed);
  return rows
    .map((row: unknown) => {
      const { name, container_id: id, state, lab_name } = isRecord(row) ? row : {};
      if (typeof name !== 'string' || typeof id !== 'string' || typeof state !== 'string') {
        throw unreadable(printed);
      }
      return { name, id, state, lab: lab_name };
    })
    .flatMap(({ lab: of, ...container }) => (of === undefined || of === lab ? [container] : []));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(text);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const MAX_SHOWN = 200;

function unreadable(printed: string): LabError {
  return new LabError(
    `containerlab inspect did not print what any known version prints: ${printed.trim().slice(0, MAX_SHOWN)}`,
  );
}
