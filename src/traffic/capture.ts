/**
 * Reads captures: pcap and pcapng files, whose packets are replayed by size and time.
 *
 * Of each record the IP packet is taken: its length, its two addresses, its time. Where the capture kept only
 * the beginning of a packet, its original length counts; Ethernet's padding does not. Records that are no IP
 * packet are counted and left out. Formats: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
 *
 * What must stay true: no input makes this throw, read past its end, or keep more than MAX_CAPTURE_PACKETS.
 */
import { formatIpv4 } from '../net/address.ts';
import type { TimeNs } from '../world/clock.ts';

export interface CapturedPacket {
  /** After the first record of the file; less than 0 where the file is not in order of time. */
  readonly timeNs: TimeNs;
  /** Of the IP packet, its header included. */
  readonly bytes: number;
  /** IP addresses as text; those of IPv6 with all their eight groups. */
  readonly from: string;
  readonly to: string;
}

export interface Capture {
  /** In the order of the file. */
  readonly packets: readonly CapturedPacket[];
  /** Records that hold no IP packet, or not enough of one to tell its addresses. */
  readonly others: number;
}

/** What is wrong with a file, in words that follow its name. */
export interface NoCapture {
  readonly wrong: string;
}

export const MAX_CAPTURE_PACKETS = 1_000_000;

const PCAP_MICROSECONDS = 0xa1b2c3d4;
const PCAP_NANOSECONDS = 0xa1b23c4d;
const PCAP_HEADER = 24;
const PCAP_RECORD = 16;

const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const SMALLEST_BLOCK = 12;
const OPTION_TIME_RESOLUTION = 9;

/** The file is damaged; the message names the byte. */
class Damage extends Error {
  constructor(at: number, what: string) {
    super(`is damaged at byte ${at}: ${what}`);
  }
}

/** Reads a whole file. The link types known are Ethernet, raw IP and Linux cooked (both versions). */
export function readCapture(file: Uint8Array): Capture | NoCapture {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records = new Records(view);
  try {
    const magic = view.byteLength < 4 ? 0 : view.getUint32(0);
    if (magic === SECTION_HEADER) readPcapng(view, records);
    else if (!readPcap(view, records)) {
      const why = magic >>> 16 === 0x1f8b ? 'it is compressed: unpack it first' : 'it begins like neither';
      return { wrong: `is no pcap or pcapng file: ${why}` };
    }
  } catch (error) {
    if (error instanceof Damage) return { wrong: error.message };
    throw error;
  }
  return records.capture();
}

/** False where the file does not begin as one. */
function readPcap(view: DataView, records: Records): boolean {
  if (view.byteLength < PCAP_HEADER) return false;
  const little = view.getUint8(0) !== 0xa1;
  const magic = view.getUint32(0, little);
  if (magic !== PCAP_MICROSECONDS && magic !== PCAP_NANOSECONDS) return false;
  const unitNs = magic === PCAP_NANOSECONDS ? 1n : 1000n;
  // The upper bits tell of the frame check sequence.
  const linkType = view.getUint32(20, little) & 0xffff;
  for (let at = PCAP_HEADER; at < view.byteLength; ) {
    if (view.byteLength - at < PCAP_RECORD) throw new Damage(at, 'the file ends within the head of a record');
    const seconds = BigInt(view.getUint32(at, little));
    const fraction = BigInt(view.getUint32(at + 4, little));
    const kept = view.getUint32(at + 8, little);
    const start = at + PCAP_RECORD;
    if (kept > view.byteLength - start) {
      throw new Damage(at, `a record of ${kept} bytes goes past the end of the file`);
    }
    const original = view.getUint32(at + 12, little);
    records.add(at, seconds * 1_000_000_000n + fraction * unitNs, linkType, start, kept, original);
    at = start + kept;
  }
  return true;
}

interface CaptureInterface {
  readonly linkType: number;
  /** Units of its timestamps a second. */
  readonly perSecond: bigint;
}

function readPcapng(view: DataView, records: Records): void {
  let little = false;
  let interfaces: CaptureInterface[] = [];
  let latestNs = 0n;
  for (let at = 0; at < view.byteLength; ) {
    if (view.byteLength - at < SMALLEST_BLOCK) throw new Damage(at, 'the file ends within a block');
    if (view.getUint32(at) === SECTION_HEADER) {
      little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      if (!little && view.getUint32(at + 8) !== BYTE_ORDER_MAGIC) {
        throw new Damage(at + 8, 'a section without its byte-order magic');
      }
      interfaces = [];
    }
    const length = view.getUint32(at + 4, little);
    if (length < SMALLEST_BLOCK || length % 4 !== 0 || length > view.byteLength - at) {
      throw new Damage(at + 4, `a block cannot be ${length} bytes long here`);
    }
    const body = at + 8;
    const end = at + length - 4;
    if (view.getUint32(end, little) !== length) throw new Damage(end, 'a block whose two lengths differ');
    const need = (bytes: number): void => {
      if (end - body < bytes) throw new Damage(at, `a block of ${length} bytes is too short for its kind`);
    };
    const interfaceOf = (number: number): CaptureInterface => {
      const found = interfaces[number];
      if (found === undefined)
        throw new Damage(at, `a packet of interface ${number}, which is not described`);
      return found;
    };
    const packet = (linkType: number, start: number, kept: number, original: number): void => {
      if (kept > end - start)
        throw new Damage(at, `a packet of ${kept} bytes goes past the end of its block`);
      records.add(at, latestNs, linkType, start, kept, original);
    };
    switch (view.getUint32(at, little)) {
      case INTERFACE_DESCRIPTION:
        need(8);
        if (interfaces.length >= 65_536) throw new Damage(at, 'more than 65,536 interfaces');
        interfaces.push({
          linkType: view.getUint16(body, little),
          perSecond: unitsPerSecond(view, body + 8, end, little),
        });
        break;
      case PACKET:
      case ENHANCED_PACKET: {
        need(20);
        const isOld = view.getUint32(at, little) === PACKET;
        const { linkType, perSecond } = interfaceOf(
          isOld ? view.getUint16(body, little) : view.getUint32(body, little),
        );
        const units =
          (BigInt(view.getUint32(body + 4, little)) << 32n) | BigInt(view.getUint32(body + 8, little));
        latestNs = (units * 1_000_000_000n) / perSecond;
        packet(linkType, body + 20, view.getUint32(body + 12, little), view.getUint32(body + 16, little));
        break;
      }
      case SIMPLE_PACKET: {
        need(4);
        // It has no time of its own, and its length is what the block has room for (pcapng 4.4).
        const original = view.getUint32(body, little);
        packet(interfaceOf(0).linkType, body + 4, Math.min(original, end - body - 4), original);
      }
    }
    at += length;
  }
}

/** if_tsresol: a power of ten, or with the highest bit of two; microseconds where it is not told (pcapng 4.2). */
function unitsPerSecond(view: DataView, from: number, end: number, little: boolean): bigint {
  for (let at = from; at + 4 <= end; ) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === 0) break;
    if (code === OPTION_TIME_RESOLUTION && length >= 1 && at + 5 <= end) {
      const value = view.getUint8(at + 4);
      return (value & 0x80) === 0 ? 10n ** BigInt(value) : 1n << BigInt(value & 0x7f);
    }
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return 1_000_000n;
}

const ETHERNET = 1;
const LINUX_COOKED = 113;
const LINUX_COOKED_2 = 276;
/** LINKTYPE_RAW, LINKTYPE_IPV4, LINKTYPE_IPV6, and what OpenBSD and others call raw. */
const RAW: readonly number[] = [101, 228, 229, 12, 14];
const VLAN_TAGS: readonly number[] = [0x8100, 0x88a8, 0x9100];
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;

class Records {
  readonly #view: DataView;
  readonly #packets: CapturedPacket[] = [];
  readonly #foreign = new Set<number>();
  #firstNs: bigint | undefined;
  #others = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  /** One record: `kept` bytes of a frame at `start`, which had `original`. */
  add(at: number, timeNs: bigint, linkType: number, start: number, kept: number, original: number): void {
    this.#firstNs ??= timeNs;
    const end = start + kept;
    const ipAt = this.#ipAt(linkType, start, end);
    const packet =
      ipAt < 0 ? undefined : this.#packet(timeNs - this.#firstNs, ipAt, end, original - (ipAt - start));
    if (packet === undefined) {
      this.#others++;
      return;
    }
    if (this.#packets.length >= MAX_CAPTURE_PACKETS) {
      throw new Damage(at, `there are more than ${MAX_CAPTURE_PACKETS} packets: cut the capture`);
    }
    this.#packets.push(packet);
  }

  capture(): Capture | NoCapture {
    if (this.#packets.length > 0) return { packets: this.#packets, others: this.#others };
    const foreign = [...this.#foreign].join(', ');
    const why =
      foreign === ''
        ? `${this.#others} records`
        : `link type ${foreign}; known are Ethernet (1), raw IP (101) and Linux cooked (113, 276)`;
    return { wrong: `holds no IP packet (${why})` };
  }

  /** Where the IP header begins; -1 where there is none. */
  #ipAt(linkType: number, start: number, end: number): number {
    if (RAW.includes(linkType)) return start;
    const view = this.#view;
    if (linkType === LINUX_COOKED || linkType === LINUX_COOKED_2) {
      const [typeAt, ipAt] = linkType === LINUX_COOKED ? [start + 14, start + 16] : [start, start + 20];
      return ipAt <= end && isIp(view.getUint16(typeAt)) ? ipAt : -1;
    }
    if (linkType !== ETHERNET) {
      this.#foreign.add(linkType);
      return -1;
    }
    let typeAt = start + 12;
    while (typeAt + 2 <= end && VLAN_TAGS.includes(view.getUint16(typeAt))) typeAt += 4;
    return typeAt + 2 <= end && isIp(view.getUint16(typeAt)) ? typeAt + 2 : -1;
  }

  /** `carried`: bytes that the frame had from the IP header on. */
  #packet(timeNs: bigint, at: number, end: number, carried: number): CapturedPacket | undefined {
    const view = this.#view;
    const version = at < end ? view.getUint8(at) >>> 4 : 0;
    const header = version === 4 ? 20 : 40;
    if ((version !== 4 && version !== 6) || end - at < header || carried < header) return undefined;
    const said = version === 4 ? view.getUint16(at + 2) : header + view.getUint16(at + 4);
    // What a network card cuts or joins has no length yet, or that of another packet.
    const bytes = said > header && said <= carried ? said : carried;
    const [from, to] =
      version === 4
        ? [formatIpv4(view.getUint32(at + 12)), formatIpv4(view.getUint32(at + 16))]
        : [this.#ipv6(at + 8), this.#ipv6(at + 24)];
    return { timeNs: Number(timeNs), bytes, from, to };
  }

  #ipv6(at: number): string {
    return Array.from({ length: 8 }, (_, group) => this.#view.getUint16(at + 2 * group).toString(16)).join(
      ':',
    );
  }
}

function isIp(etherType: number): boolean {
  return etherType === ETHERTYPE_IPV4 || etherType === ETHERTYPE_IPV6;
}
