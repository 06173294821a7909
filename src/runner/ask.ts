/** Questions to many routers at once, for steps. */
import type { ManagementAnswer, ManagementRequest } from '../routerd/management/contract.ts';
import { MILLISECOND, SECOND } from '../world/clock.ts';
import { type Lab, LabError } from './lab.ts';

export type Answer<Op extends ManagementRequest['op']> = ManagementAnswer & {
  readonly ok: true;
  readonly op: Op;
};
export type RequestOf<Op extends ManagementRequest['op']> = Extract<ManagementRequest, { op: Op }>;

const LIMIT_NS = 30 * SECOND;
const REPEAT_NS = 500 * MILLISECOND;

/**
 * Asks each router its question, repeating it until it is answered. The answers come in the order of `routers`.
 * Throws LabError, naming router and reason, where one refuses or none comes within 30 s.
 */
export async function askAll<Op extends ManagementRequest['op']>(
  lab: Lab,
  routers: readonly string[],
  requestOf: (router: string) => RequestOf<Op>,
): Promise<ReadonlyMap<string, Answer<Op>>> {
  const answers = await askThoseWhoAnswer<Op>(lab, routers, requestOf);
  const silent = routers.find((router) => !answers.has(router));
  if (silent !== undefined) throw new LabError(`router ${silent} does not answer its management`);
  return answers;
}

/** As `askAll`, but a router that stays silent is left out. */
export async function askThoseWhoAnswer<Op extends ManagementRequest['op']>(
  lab: Lab,
  routers: readonly string[],
  requestOf: (router: string) => RequestOf<Op>,
): Promise<ReadonlyMap<string, Answer<Op>>> {
  const answers = new Map<string, ManagementAnswer>();
  let open = true;
  for (const router of routers) {
    const handle = lab.routers.get(router);
    if (handle === undefined) throw new LabError(`the lab has no router "${router}"`);
    const request = requestOf(router);
    const send = (): void => {
      if (!open || answers.has(router)) return;
      handle.ask(request, (answer) => answers.set(router, answer));
      lab.clock.after(REPEAT_NS, send);
    };
    send();
  }
  await lab.runUntil(() => answers.size === routers.length, lab.clock.now() + LIMIT_NS);
  open = false;
  return new Map(
    routers.flatMap((router) => {
      const answer = answers.get(router);
      if (answer === undefined) return [];
      if (!answer.ok) throw new LabError(`router ${router}: ${answer.error}`);
      return [[router, answer as Answer<Op>]];
    }),
  );
}
