/**
 * Which slot plays which plane, and under which tags. A packet's plane is what it was sent in; the slot that
 * forwards it follows from the plane while it has no tag, from the tag once it has one.
 */
import { NO_TAG, type Plane, type Tag } from '../../net/wire.ts';
import { otherSlot, type Slot } from './contract.ts';

export class Planes {
  realSlot: Slot = 0;
  marking = false;
  readonly #tags: [Tag, Tag] = [NO_TAG, NO_TAG];

  swap(): void {
    this.realSlot = otherSlot(this.realSlot);
  }

  slotOf(plane: Plane): Slot {
    return plane === 'real' ? this.realSlot : otherSlot(this.realSlot);
  }

  planeOf(slot: Slot): Plane {
    return slot === this.realSlot ? 'real' : 'shadow';
  }

  tagOf(slot: Slot): Tag {
    return this.#tags[slot];
  }

  setTag(slot: Slot, tag: Tag): void {
    this.#tags[slot] = tag;
  }

  /** The slot that is known by the tag: the real one first where both are. Undefined where none is. */
  slotWithTag(tag: Tag): Slot | undefined {
    if (this.#tags[this.realSlot] === tag) return this.realSlot;
    const other = otherSlot(this.realSlot);
    return this.#tags[other] === tag ? other : undefined;
  }

  /**
   * The tag that a packet leaves with: the one it came with stays; a packet without gets one while marking, and
   * where it waited here (for ARP) until its plane had another slot: the next router would take it for that one.
   */
  tagToLeaveWith(slot: Slot, plane: Plane, tag: Tag): Tag {
    return tag !== NO_TAG || (!this.marking && slot === this.slotOf(plane)) ? tag : this.#tags[slot];
  }
}
