/** The line of a configuration by which an access list dropped a packet. */
import { locateLine } from '../../config/writer.ts';
import type { Loss } from '../paths.ts';
import type { Hint } from '../result.ts';
import type { RunView } from '../view.ts';
import type { Moment } from './reference.ts';

/**
 * The rule that decided; where none did (the implicit deny at the end of a list), the line that puts the list on
 * the port. Undefined where the configuration has neither.
 */
export function accessLine(loss: Loss, now: Moment, view: RunView): Hint['config'] {
  const config = view.config(now.step, loss.router, now.plane);
  const named = /^access-list (.+?) (seq \d+|implicit deny)$/.exec(loss.acl ?? '');
  if (config === undefined || named === null) return undefined;
  const [, name, rule] = named;
  const [port, direction] = loss.reason === 'acl-in' ? [loss.in, 'in'] : [loss.out, 'out'];
  const line =
    locateLine(config.text, '', `access-list ${name} ${rule}`) ??
    locateLine(config.text, `interface ${port}`, `ip access-group ${name} ${direction}`);
  const text = line === undefined ? undefined : config.text.split('\n')[line - 1]?.trim();
  return line === undefined || text === undefined ? undefined : { file: config.file, line, text };
}
