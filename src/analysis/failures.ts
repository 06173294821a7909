/** Which links, ports and routers are failed, in which plane, at the end of a step. */
import type { Plane } from '../net/wire.ts';
import type { FailureFact } from './facts.ts';
import type { Network } from './network.ts';

/** Targets failed in a plane at the end of `step`, in the order they failed; `failures` in the order of time. */
export function failedAt(failures: readonly FailureFact[], step: number, plane: Plane): readonly string[] {
  const failed = new Set<string>();
  for (const failure of failures) {
    if (failure.step > step || (failure.plane !== plane && failure.plane !== 'both')) continue;
    if (failure.fact === 'failed') failed.add(failure.target);
    else failed.delete(failure.target);
  }
  return [...failed];
}

/** The failed target that keeps a router's port from working: its link, an end of it, or a router at one; undefined where none. */
export function failureAt(
  router: string,
  port: string,
  failed: readonly string[],
  network: Network,
): string | undefined {
  if (failed.length === 0) return undefined;
  const link = network.linkAt(router, port);
  const targets = [
    `port ${router}:${port}`,
    `router ${router}`,
    ...(link === undefined ? [] : [`link ${link.name}`]),
    ...(link !== undefined && link.ends.length === 2
      ? link.ends.flatMap((end) => [`router ${end.node}`, `port ${end.node}:${end.port}`])
      : []),
  ];
  return failed.find((target) => targets.includes(target));
}
