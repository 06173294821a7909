/**
 * What follows `police`, as in IOS with one rate and one bucket:
 *
 *     [cir] BPS [[bc] BYTES] [conform-action ACTION] [exceed-action ACTION]
 *     ACTION: transmit | drop | set-dscp-transmit DSCP
 *
 * IOS shows the actions on lines of their own under it; so they may be entered, too.
 */
import { type Argument, chain, integer, map, misread, oneOf, type Reading, type Word } from './argument.ts';
import { formatDscp, settableDscp } from './dscp.ts';
import type { PoliceAction, PoliceConfig } from './model.ts';

/** Bits per second, as IOS counts them for policing and shaping; it begins at 8000. */
export const bitRate: Argument<number> = integer(1_000, 1_000_000_000_000);
const burst = integer(64, 1_000_000_000);
const kindOfAction = oneOf('transmit', 'drop', 'set-dscp-transmit');
export const policeAction: Argument<PoliceAction> = {
  notation: '<transmit|drop|set-dscp-transmit DSCP>',
  read: (words, at) =>
    chain<PoliceAction['kind'], PoliceAction>(kindOfAction.read(words, at), (kind, next) =>
      kind === 'set-dscp-transmit'
        ? map(settableDscp.read(words, next), (value) => ({ kind, dscp: value }))
        : { ok: true, value: { kind }, next },
    ),
};

const TRANSMIT: PoliceAction = { kind: 'transmit' };
const DROP: PoliceAction = { kind: 'drop' };

export const police: Argument<PoliceConfig> = {
  notation: `[cir] ${bitRate.notation} [[bc] ${burst.notation}] [conform-action ACTION] [exceed-action ACTION]`,
  read(words, at) {
    const is = (index: number, keyword: string): boolean => words[index]?.text === keyword;
    return chain(bitRate.read(words, is(at, 'cir') ? at + 1 : at), (rateBps, afterRate) =>
      chain(readBurst(words, afterRate), (burstBytes, afterBurst) =>
        chain(readAction(words, afterBurst, 'conform-action', TRANSMIT), (conform, afterConform) =>
          chain(readAction(words, afterConform, 'exceed-action', DROP), (exceed, next) =>
            /^(\d+|be|pir|violate-action)$/.test(words[next]?.text ?? '')
              ? misread(next, `"${words[next].text}" is not supported`, 'one rate has one burst, "bc"')
              : {
                  ok: true,
                  value: { rateBps, ...(burstBytes === undefined ? {} : { burstBytes }), conform, exceed },
                  next,
                },
          ),
        ),
      ),
    );
  },
};

function readBurst(words: readonly Word[], at: number): Reading<number | undefined> {
  if (words[at]?.text === 'bc') return burst.read(words, at + 1);
  return /^\d/.test(words[at]?.text ?? '') ? burst.read(words, at) : { ok: true, value: undefined, next: at };
}

function readAction(
  words: readonly Word[],
  at: number,
  keyword: string,
  otherwise: PoliceAction,
): Reading<PoliceAction> {
  return words[at]?.text === keyword
    ? policeAction.read(words, at + 1)
    : { ok: true, value: otherwise, next: at };
}

/** With both actions, be they the default. */
export function formatPolice({ rateBps, burstBytes, conform, exceed }: PoliceConfig): string {
  return [
    `cir ${rateBps}`,
    ...(burstBytes === undefined ? [] : [`bc ${burstBytes}`]),
    `conform-action ${formatAction(conform)}`,
    `exceed-action ${formatAction(exceed)}`,
  ].join(' ');
}

function formatAction(of: PoliceAction): string {
  return of.kind === 'set-dscp-transmit' ? `${of.kind} ${formatDscp(of.dscp)}` : of.kind;
}
