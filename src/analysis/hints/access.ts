/** The line of a configuration by which an access list or a policy dropped a packet. */
import { locateLine } from '../../config/writer.ts';
import type { Loss } from '../paths.ts';
import type { Hint } from '../result.ts';
import type { RunView } from '../view.ts';
import type { Moment } from './reference.ts';

type Locate = (section: string, line: string) => number | undefined;

/**
 * Of an access list, the rule that decided; where none did (the implicit deny at the end of a list), the line that
 * puts the list on the port. Of a policy, the command of the class that drops, else the class. Undefined where the
 * configuration has none of them, or neither dropped the packet.
 */
export function droppingLine(loss: Loss, now: Moment, view: RunView): Hint['config'] {
  const config = view.config(now.step, loss.router, now.plane);
  if (config === undefined) return undefined;
  const locate: Locate = (section, line) => locateLine(config.text, section, line);
  const line = accessLine(loss, locate) ?? policyLine(loss, locate);
  const text = line === undefined ? undefined : config.text.split('\n')[line - 1]?.trim();
  return line === undefined || text === undefined ? undefined : { file: config.file, line, text };
}

function accessLine({ acl, reason, in: arrived, out }: Loss, locate: Locate): number | undefined {
  const named = /^access-list (.+?) (seq \d+|implicit deny)$/.exec(acl ?? '');
  if (named === null) return undefined;
  const [, name, rule] = named;
  const [port, direction] = reason === 'acl-in' ? [arrived, 'in'] : [out, 'out'];
  return (
    locate('', `access-list ${name} ${rule}`) ??
    locate(`interface ${port}`, `ip access-group ${name} ${direction}`)
  );
}

/** The commands of a class that may drop a packet from its queue, the most telling first. */
const QUEUEING = ['queue-limit', 'random-detect', 'shape average', 'priority', 'bandwidth'] as const;

function policyLine({ policy, reason }: Loss, locate: Locate): number | undefined {
  const named = /^(policy-map \S+) (class \S+)$/.exec(policy ?? '');
  if (named === null) return undefined;
  const [title, policyMap, className] = named;
  const commands = reason === 'police' ? ['police'] : QUEUEING;
  for (const command of commands) {
    const line = locate(title, command);
    if (line !== undefined) return line;
  }
  return locate(policyMap, className) ?? locate('', policyMap);
}
