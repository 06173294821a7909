/**
 * Whether we, at the border of an NSSA, make type 5 of its type 7 (RFC 3101 3.1). Of those at the border the one of the
 * highest Router ID does, or whoever is told to do so always. One that another has taken the place of goes on for a
 * while: what it told is not taken back before others have heard the same from its successor.
 */
import type { Ipv4 } from '../../../net/address.ts';
import type { Clock, Timer } from '../../../world/clock.ts';
import { TRANSLATOR_STABILITY_NS } from './constants.ts';
import { FLAG_B, FLAG_NT } from './lsa.ts';
import type { AreaView } from './routing-table.ts';

/** What the decision depends on. */
export type TranslatorView = Pick<AreaView, 'settings' | 'paths'>;

export class Translator {
  readonly #clock: Clock;
  readonly #ended: () => void;
  #isEnabled = false;
  /** Runs while another one has been elected. */
  #deposed: Timer | undefined;

  /** `ended`: it translates no more, of its own accord. */
  constructor(clock: Clock, ended: () => void) {
    this.#clock = clock;
    this.#ended = ended;
  }

  /** Decides by what is known now. True where the router translates. */
  decide(view: TranslatorView, isBorderRouter: boolean, routerId: Ipv4): boolean {
    const { translate } = view.settings;
    if (!isBorderRouter || translate === 'never') {
      this.stop();
    } else if (translate === 'always' || isElected(view, routerId)) {
      this.stop();
      this.#isEnabled = true;
    } else if (this.#isEnabled) {
      this.#deposed ??= this.#clock.after(TRANSLATOR_STABILITY_NS, () => {
        this.stop();
        this.#ended();
      });
    }
    return this.#isEnabled;
  }

  stop(): void {
    this.#deposed?.cancel();
    this.#deposed = undefined;
    this.#isEnabled = false;
  }
}

function isElected({ paths }: TranslatorView, routerId: Ipv4): boolean {
  for (const [router, { flags }] of paths.borders) {
    const isBorderRouter = (flags & FLAG_B) !== 0;
    if (isBorderRouter && ((flags & FLAG_NT) !== 0 || router > routerId)) return false;
  }
  return true;
}
